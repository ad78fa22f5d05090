"""A model that returns NaN for some pictures and not for others, as every command meets it: no answer, and no event."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ..task.test_no_numbers import quotients

COLORS = {"white.png": (255, 255, 255), "red.png": (255, 0, 0), "gray.png": (9, 9, 9), "black.png": (0, 0, 0)}
GOOD, BAD = ["gray.png", "white.png"], ["black.png", "red.png"]
SAID = "the model returned NaN"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pictures = tmp_path / "in"
    pictures.mkdir()
    for name, color in COLORS.items():
        Image.new("RGB", (4, 4), color).save(pictures / name)
    (tmp_path / "q.tflite").write_bytes(quotients().data)
    return tmp_path


def test_one_picture_is_one_line_and_exit_code_1(edgewright: Any, folder: Path) -> None:
    said = edgewright("run", "q.tflite", "in/red.png", cwd=folder)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "edgewright: in/red.png: the model returned NaN (2 of 3 numbers): that is no answer\n"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_of_several_the_others_go_on(edgewright: Any, folder: Path, workers: str) -> None:
    said = edgewright("run", "q.tflite", "in", "--workers", workers, cwd=folder)
    assert said.returncode == 1
    assert said.stdout.splitlines() == [f"in/{name}: red 1.00" for name in GOOD]
    assert [line for line in said.stderr.splitlines() if SAID in line] == [
        f"edgewright: in/black.png: {SAID} (3 of 3 numbers): that is no answer",
        f"edgewright: in/red.png: {SAID} (2 of 3 numbers): that is no answer",
    ]
    assert "4 pictures in" in said.stderr
    assert "2 of them without an answer" in said.stderr


def test_json_is_valid_and_says_which(edgewright: Any, folder: Path) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    said = edgewright("run", "q.tflite", "in", "--json", cwd=folder)
    document = json.loads(said.stdout, parse_constant=refuse)
    assert said.returncode == 1
    assert [Path(entry["input"]).name for entry in document if SAID in entry.get("error", "")] == BAD
    assert [Path(entry["input"]).name for entry in document if "top" in entry] == GOOD


def test_csv_has_the_others_alone(edgewright: Any, folder: Path) -> None:
    said = edgewright("run", "q.tflite", "in", "--csv", cwd=folder)
    rows = list(csv.DictReader(io.StringIO(said.stdout)))
    assert (said.returncode, [Path(row["input"]).name for row in rows]) == (1, GOOD)


def test_what_is_watched_is_counted_and_logged_and_is_no_event(edgewright: Any, folder: Path) -> None:
    (folder / "agent.toml").write_text(
        'model = "q.tflite"\n[source]\nfolder = "in"\nevery_frame = true\nonce = true\n'
        '[[rules]]\nname = "red"\nlabels = ["red"]\nscore = 0.0\n'
    )
    said = edgewright("watch", "agent.toml", cwd=folder)
    events = [json.loads(line) for line in said.stdout.splitlines()]
    assert [event["picture"] for event in events if event["kind"] == "rule"] in (GOOD, GOOD[::-1])
    assert all(SAID in event["error"] for event in events if event["kind"] == "agent")
    assert len([line for line in said.stderr.splitlines() if SAID in line]) >= 1


def test_it_is_no_right_or_wrong_answer_of_an_evaluation(edgewright: Any, folder: Path) -> None:
    for place, name in enumerate(COLORS):
        label = ("red", "green", "blue")[place % 3]
        (folder / "set" / label).mkdir(parents=True, exist_ok=True)
        (folder / "in" / name).rename(folder / "set" / label / name)
    said = edgewright("evaluate", "q.tflite", "set", "--json", cwd=folder)
    document = json.loads(said.stdout)
    assert said.returncode == 0, said.stderr
    assert {Path(failure["input"]).name for failure in document["failures"]} == set(BAD)
    assert all(SAID in failure["error"] for failure in document["failures"])


def test_a_benchmark_of_pictures_ends_with_it(edgewright: Any, folder: Path) -> None:
    said = edgewright("bench", "q.tflite", "--images", "in/red.png", "--rounds", "1", cwd=folder)
    assert said.returncode == 1
    assert said.stderr.splitlines()[-1].startswith(f"edgewright: in/red.png: {SAID}")


def test_a_benchmark_of_made_up_inputs_says_it(edgewright: Any, shared_file: Any) -> None:
    said = edgewright("bench", shared_file("cases/18-nan.tflite"), "--rounds", "1", "--json")
    assert said.returncode == 0, said.stderr
    assert any("18-nan.tflite returned NaN for made-up inputs" in note for note in json.loads(said.stdout)["notices"])


@pytest.mark.parametrize("more", [[], ["--json"], ["--csv"]])
def test_the_file_that_was_sent_in(edgewright: Any, shared_file: Any, more: list[str]) -> None:
    pictures = [shared_file(f"cases/{name}.png") for name in ("red", "green")]
    said = edgewright("run", shared_file("cases/18-nan.tflite"), *pictures, "--mean", "0", "--std", "1", *more)
    assert said.returncode == 1
    assert said.stderr.count(SAID) == 2
