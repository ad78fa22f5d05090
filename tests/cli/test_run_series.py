"""`edgewright run` on series of sensors: tables, standard input, and a threshold fitted on normal data."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from edgewright.model import ModelFile

from ..conftest import Run
from ..task.series_models import autoencoder


def table(path: Path, values: np.ndarray) -> None:
    rows = [f"{number / 10},{y:.6f},{x:.6f}\n" for number, (x, y) in enumerate(values)]
    path.write_text("time,y,x\n" + "".join(rows))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model, normal data, and a day on which something happens from 20 to 24 s."""
    random = np.random.RandomState(3)
    autoencoder(4, 2, columns=("x", "y"), rate=10.0).save(tmp_path / "pump.tflite")
    table(tmp_path / "normal.csv", random.normal(0, 0.1, (600, 2)))
    today = random.normal(0, 0.1, (600, 2))
    today[200:240] *= 20
    table(tmp_path / "today.csv", today)
    return tmp_path


def fitted(edgewright: Run, folder: Path, *more: object) -> str:
    done = edgewright("run", "pump.tflite", "normal.csv", "--fit-threshold", "fitted.tflite", *more, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_threshold_is_fitted_stated_and_found_again(edgewright: Run, folder: Path):
    said = fitted(edgewright, folder, "--quantile", 0.99)
    assert said.startswith("fitted.tflite: threshold 0.0")
    assert "0.99 of 299 windows of normal data lie at it or below" in said
    found = json.loads(edgewright("run", "fitted.tflite", "today.csv", "--json", cwd=folder).stdout)[0]
    longest = max(found["events"], key=lambda event: event["span"][1] - event["span"][0])
    assert longest["span"] == pytest.approx([20, 24], abs=0.3)
    assert found["threshold"] == pytest.approx(float(said.split()[2].rstrip(":")), rel=1e-4)
    assert "threshold" in edgewright("inspect", "fitted.tflite", cwd=folder).stdout


def test_a_fitted_file_is_not_replaced_unasked(edgewright: Run, folder: Path):
    figures = json.loads(fitted(edgewright, folder, "--json"))
    assert figures.keys() == {"file", "threshold", "quantile", "windows", "mean", "highest"}
    again = edgewright("run", "pump.tflite", "normal.csv", "--fit-threshold", "fitted.tflite", cwd=folder)
    assert (again.returncode, again.stdout, again.stderr.count("\n")) == (1, "", 1)
    assert "--force" in again.stderr
    fitted(edgewright, folder, "--force")


def test_standard_input_says_the_same_as_the_file(edgewright: Run, folder: Path):
    fitted(edgewright, folder)
    of_file = edgewright("run", "fitted.tflite", "today.csv", cwd=folder)
    of_input = edgewright("run", "fitted.tflite", "-", cwd=folder, input=(folder / "today.csv").read_text())
    assert of_input.stdout == of_file.stdout.replace("today.csv", "-", 1)
    assert of_file.stdout.splitlines()[2].split("  ")[0] == "from (s)"


def test_every_form_of_output(edgewright: Run, folder: Path):
    fitted(edgewright, folder)
    lines = edgewright("run", "fitted.tflite", "today.csv", "normal.csv", cwd=folder).stdout.splitlines()
    assert lines[0].startswith("today.csv: anomaly ")
    assert lines[1].startswith("normal.csv: Nothing in 299 windows is above ")
    done = edgewright("run", "fitted.tflite", "today.csv", "--csv", "--save-dir", "out", cwd=folder)
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert list(rows[0]) == ["input", "rank", "index", "label", "score", "start_s", "end_s"]
    windows = list(csv.DictReader((folder / "out/today.windows.csv").read_text().splitlines()))
    assert len(windows) == 299


@pytest.mark.parametrize(
    "more",
    [
        ("--csv",), ("--top", "3"), ("-o", "out"), ("--examples", "a.csv"), ("--then", "pump.tflite"), ("--blur",),
        ("--threshold", "0.5"), ("--workers", "2"), ("--keep-case",),
    ],
    ids=lambda more: more[0],
)  # fmt: skip
def test_what_a_threshold_is_not_fitted_by_is_refused_beside_it(
    edgewright: Run, folder: Path, more: tuple[str, ...]
) -> None:
    done = edgewright("run", "pump.tflite", "normal.csv", "--fit-threshold", "fitted.tflite", *more, cwd=folder)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done
    assert "does not go with --fit-threshold" in done.stderr
    assert not (folder / "fitted.tflite").exists()


def test_no_folder_is_made_for_a_model_that_cannot_be_read(edgewright: Run, folder: Path) -> None:
    assert edgewright("run", "none.tflite", "today.csv", "-o", "out", cwd=folder).returncode == 1
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("run", "pump.tflite", "today.csv", "--columns", "x,z"), 1, "today.csv: there is no column z; it has y, x"),
        (("run", "pump.tflite", "today.csv", "--columns", "x,y,z"), 2, "windows with 3 columns do not fit"),
        (("run", "pump.tflite", "today.csv", "--rate", "50"), 1, "by its times it has 10 rows a second, and"),
        (("run", "pump.tflite", "photo.jpg"), 1, "photo.jpg: no such file"),
        (("run", "pump.tflite", "today.csv", "--quantile", "0.9"), 2, "--quantile goes with --fit-threshold"),
        (("run", "pump.tflite", "today.csv", "--resize", "crop"), 2, "series has no option '--resize'"),
        (("run", "pump.tflite", "today.csv", "--hop", "nan"), 2, "--hop is 'nan'"),
        (("evaluate", "pump.tflite", "today.csv"), 2, "today.csv: no labels to score by"),
        (("bench", "pump.tflite", "--images", "."), 1, "no pictures"),
        (("run", "pump.tflite", "empty.csv"), 1, "empty.csv: there are no rows in it"),
        (("run", "pump.tflite", "-"), 1, "<stdin>: there are no rows in it"),
    ],
)
def test_what_is_missing_is_one_line(edgewright: Run, folder: Path, arguments: tuple[str, ...], code: int, words: str):
    (folder / "empty.csv").touch()
    done = edgewright(*arguments, cwd=folder, input="")
    said = [line for line in done.stderr.splitlines() if "it has no threshold" not in line]
    assert (done.returncode, done.stdout, len(said)) == (code, "", 1), done.stderr
    assert words in said[0]


def test_frames_are_no_series(edgewright: Run, folder: Path):
    done = edgewright("watch", "pump.tflite", "--folder", ".", "--once", cwd=folder)
    assert done.returncode != 0
    assert "takes series of readings, and from a folder come pictures" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_of_somebody_else_is_told_its_columns_by_convert(edgewright: Run, folder: Path):
    bare = autoencoder(4, 2)
    bare.with_metadata(type(bare.metadata)()).save(folder / "bare.tflite")
    said = ("--columns", "x,y", "--rate", "10", "--mean", "0.5,0", "--std", "2,1")
    done = edgewright("convert", "bare.tflite", "-o", "told.tflite", *said, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    told = ModelFile.read(folder / "told.tflite").metadata
    assert (told.task, told.inputs[0].kind, told.inputs[0].color_space) == ("series", "feature", None)
    assert (told.inputs[0].columns, told.inputs[0].rate) == (("x", "y"), 10)
    assert (told.inputs[0].mean, told.inputs[0].std) == ((0.5, 0), (2, 1))
    same = edgewright("run", "told.tflite", "today.csv", "--json", cwd=folder).stdout
    asked = edgewright("run", "bare.tflite", "today.csv", "--task", "series", *said, "--json", cwd=folder).stdout
    assert json.loads(same) == json.loads(asked)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (("--task", "sereis"), "--task sereis is unknown. Choose one of: "),
        (("--columns", "x,y,z"), "windows with 3 columns do not fit"),
        (("--task", "series", "--mean", "1,2,3", "--std", "1,2,3"), "mean and std are for 3 columns, and there are 2"),
    ],
)
def test_what_does_not_fit_is_not_written_into_a_file(edgewright: Run, folder: Path, said: tuple[str, ...], words: str):
    done = edgewright("convert", "pump.tflite", "-o", "told.tflite", *said, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert words in done.stderr
    assert not (folder / "told.tflite").exists()
