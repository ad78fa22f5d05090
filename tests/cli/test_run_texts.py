"""`edgewright run` on texts: words of the command line, lines of files and of standard input."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

Run = Any

REPLIES = "message,reply\nit was a great film,I liked it too\nwhat a waste of time,I agree\n"


@pytest.fixture
def model(shared_file: Any) -> Path:
    return shared_file("models/nl_classifier_regex.tflite")


def test_one_text_gets_a_table(edgewright: Run, model: Path) -> None:
    done = edgewright("run", model, "What a waste of my time.")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "What a waste of my time."
    assert done.stdout.splitlines()[4].split()[:2] == ["Negative", "0.953"]


def test_several_get_a_line_each_and_a_long_one_is_shown_by_its_ends(edgewright: Run, model: Path) -> None:
    done = edgewright("run", model, "good film", "word " * 100 + "end\nof it", "--workers", 2)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("good film: Positive")
    assert lines[1].startswith("word word word")
    assert "end of it: " in lines[1]
    assert len(lines[1]) < 90
    assert "2 texts in" in done.stderr


def test_lines_of_files_and_of_standard_input(model: Path, tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("good film\n\nbad film\n")
    command = [Path(sys.executable).with_name("edgewright"), "run", model, tmp_path / "lines.txt", "-", "--csv"]
    done = subprocess.run(command, input="awful\n", capture_output=True, text=True, check=True)
    header, *rows = csv.reader(io.StringIO(done.stdout))
    assert header == ["input", "rank", "index", "label", "score"]
    assert [(row[0], row[3]) for row in rows] == [
        ("good film", "Positive"), ("bad film", "Negative"), ("awful", "Negative"),
    ]  # fmt: skip


def test_json_has_the_whole_text(edgewright: Run, model: Path) -> None:
    text = "word " * 300
    (answer,) = json.loads(edgewright("run", model, text, "--json").stdout)
    assert (answer["input"], answer["kind"], answer["whole"]) == (text, "text-classification", False)
    assert {one["label"] for one in answer["top"]} == {"Negative", "Positive"}


def test_texts_that_are_alike(edgewright: Run, shared_file: Any) -> None:
    done = edgewright("run", shared_file("models/text_embedder_regex.tflite"), "a film", "a movie")
    assert done.stdout.splitlines()[1].endswith("like the first")


def test_smart_reply_says_how_its_threshold_came_about(edgewright: Run, shared_file: Any, tmp_path: Path) -> None:
    (tmp_path / "replies.csv").write_text(REPLIES)
    model = shared_file("models/text_embedder_regex.tflite")
    done = edgewright("run", model, "great film", "--examples", tmp_path / "replies.csv", "--json")
    (answer,) = json.loads(done.stdout)
    assert answer["kind"] == "replies"
    assert "does not tell these 2 examples apart" in done.stderr
    done = edgewright("run", model, "great film", "--examples", tmp_path / "replies.csv", "--threshold", 0.1, "--csv")
    assert done.stdout.splitlines()[0] == "input,rank,index,label,score,example"
    assert len(done.stdout.splitlines()) == 2 + 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["revews.txt"], 1, "revews.txt: there is no such file"),
        (["a text", "--save-dir", "out"], 2, "there is nothing to draw for a text"),
        (["a text", "--mean", "1", "--std", "1"], 2, "text-classification has no option '--mean and --std'"),
        (["a text", "--vocabulary", "none.txt"], 2, "none.txt: there is no such vocabulary"),
        (["a text", "--examples", "none.csv"], 1, "none.csv: there is no such file"),
        (["a text", "--examples", "x.csv", "--then", "y.tflite"], 2, "--then and --examples exclude each other"),
    ],
)
def test_what_is_wrong_is_one_line(edgewright: Run, model: Path, words: list[str], code: int, says: str) -> None:
    done = edgewright("run", model, *words)
    assert done.returncode == code
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_pictures_are_no_texts(edgewright: Run, model: Path, shared_file: Any) -> None:
    done = edgewright("run", model, shared_file("images/cat.bmp"))
    assert done.returncode == 1
    assert "cat.bmp: no UTF-8 text" in done.stderr


def test_verbs_of_pictures_say_that_it_takes_texts(edgewright: Run, model: Path, shared_file: Any) -> None:
    folder = shared_file("images")
    for words in (["bench", model, "--images", folder], ["watch", model, "--folder", folder]):
        done = edgewright(*words)
        assert done.returncode == 2, done.stdout
        assert "its task is text-classification, which takes no pictures" in done.stderr
