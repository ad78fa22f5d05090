"""`edgewright run DETECTOR`: thresholds by label, lists of labels, raw boxes; on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from PIL import Image

from edgewright.cli.opening.task_options import _thresholds

from ..task.detector_files import LABELS, described, finished, post_processed, raw


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (300, 200), (90, 120, 90)).save(tmp_path / "a.png")
    described(finished()).save(tmp_path / "finished.tflite")
    post_processed().save(tmp_path / "plain.tflite")
    model, anchors = raw()
    model.save(tmp_path / "raw.tflite")
    np.savetxt(tmp_path / "anchors.csv", anchors, delimiter=",")
    np.savetxt(tmp_path / "few.csv", anchors[:5], delimiter=",")
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    return tmp_path


def found(edgewright: Any, folder: Path, *words: str) -> list[str]:
    done = edgewright("run", *words, str(folder / "a.png"), "--json")
    assert done.returncode == 0, done.stderr
    return [one["label"] for one in json.loads(done.stdout)[0]["detections"]]


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        ((), ["cat", "ant", "bee"]),
        (("--threshold", "0.5"), ["cat", "ant"]),
        (("--threshold", "cat=0.95,bee=0.35"), ["ant", "bee"]),
        (("--threshold", "0.95,ant=0.1"), ["ant", "ant"]),
        (("--allow", "ant", "--allow", "bee"), ["ant", "bee"]),
        (("--deny", "ant", "--most", "1"), ["cat"]),
    ],
)
def test_what_is_shown(edgewright: Any, folder: Path, options: tuple[str, ...], labels: list[str]) -> None:
    assert found(edgewright, folder, str(folder / "finished.tflite"), *options) == labels


def test_raw_boxes_with_a_file_of_anchors(edgewright: Any, folder: Path) -> None:
    words = ("--anchors", str(folder / "anchors.csv"), "--labels", str(folder / "labels.txt"))
    assert found(edgewright, folder, str(folder / "raw.tflite"), *words) == ["cat", "ant", "bee"]
    assert found(edgewright, folder, str(folder / "raw.tflite"), *words, "--box-scales", "10,10,5,5", "--iou", "0.4")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("raw.tflite",), 2, "Pass them with --anchors FILE"),
        (("raw.tflite", "--anchors", "few.csv"), 2, "of shape [5, 4]; this model has 24 anchors"),
        (("raw.tflite", "--anchors", "none.csv"), 2, "the anchors cannot be read: No such file or directory"),
        (("raw.tflite", "--anchors", "anchors.csv", "--box-scales", "1,2"), 2, "four numbers are expected"),
        (("plain.tflite", "--labels", "anchors.csv"), 2, "24 labels do not fit the model's 3 classes"),
        (("finished.tflite", "--threshold", "cow=0.5"), 2, "there is no label 'cow' among its 3"),
        (("finished.tflite", "--threshold", "0.5,cat"), 2, "'cat' is no LABEL=SCORE"),
        (("finished.tflite", "--threshold", "cat=much"), 2, "'much' is no number"),
        (("finished.tflite", "--threshold", "-1"), 2, "-1 is below 0"),
        (("finished.tflite", "--threshold", "7"), 2, "scores go from 0 to 1"),
        (("finished.tflite", "--anchors", "anchors.csv"), 2, "detection has no option '--anchors'. It has: --allow, "),
        (("finished.tflite", "--box-scales", "1,1,1,1"), 2, "detection has no option '--box-scales'"),
    ],
)
def test_mistakes_are_one_line(edgewright: Any, folder: Path, words: tuple[str, ...], code: int, said: str) -> None:
    placed = [str(folder / word) if word.endswith((".tflite", ".csv")) else word for word in words]
    done = edgewright("run", *placed, str(folder / "a.png"))
    lines = [line for line in done.stderr.splitlines() if line]
    assert said in lines[-1]
    assert "Traceback" not in done.stderr
    assert done.returncode == code


@pytest.mark.parametrize(
    ("text", "thresholds"),
    [
        ("0.4", 0.4),
        ("dog=0.5", {"dog": 0.5}),
        ("bald eagle, American eagle=0.5,cat=0.3", {"bald eagle, American eagle": 0.5, "cat": 0.3}),
        ("0.2, dog = 0.5", {None: 0.2, "dog": 0.5}),
        (None, None),
    ],
)
def test_thresholds_as_they_are_written(text: str | None, thresholds: Any) -> None:
    context = click.Context(click.Command("run"))
    assert _thresholds(context, click.Option(["--threshold"]), text) == thresholds


@pytest.mark.parametrize("more", [["--csv"], []], ids=["values", "lines"])
def test_labels_that_the_output_has_no_letters_for_end_no_run(edgewright: Any, folder: Path, more: list[str]) -> None:
    (folder / "labels.txt").write_text("\n".join(f"{label} \u00fc\u732b" for label in LABELS), encoding="utf-8")
    words = ("run", folder / "finished.tflite", *[folder / "a.png"] * 2, "--labels", folder / "labels.txt", *more)
    done = edgewright(*words, PYTHONIOENCODING="ascii")
    assert (done.returncode, "unforeseen" in done.stderr) == (0, False), done.stderr
    assert any(f"{label} ??" in done.stdout for label in LABELS)
