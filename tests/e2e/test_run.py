"""`edgewright run` as a user runs it."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from edgewright.cli.app import INTERRUPTED

MODEL = "models/mobilenet_v2_1.0_224_quant.tflite"


@pytest.fixture
def photos(shared_file, tmp_path: Path) -> Path:
    """A folder with two photographs, one of them further down, and files that are none."""
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    shutil.copy(shared_file("images/parrot.jpg"), folder)
    shutil.copy(shared_file("images/cat.bmp"), folder / "deep")
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_one_photograph_gets_its_ten_labels(edgewright, shared_file):
    done = edgewright("run", shared_file(MODEL), shared_file("images/cat.bmp"))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[4].split("  ")[0] == "Egyptian cat"
    assert lines[-1] == "All other classes have a score of 0."
    assert not [line for line in lines if line.split()[-1:] == ["0.000"]]


@pytest.mark.parametrize("pattern", ["photos", "photos/**/*.*[gp]"])
def test_folders_and_patterns_get_a_line_each(edgewright, shared_file, photos: Path, pattern: str):
    done = edgewright("run", shared_file(MODEL), pattern, cwd=photos.parent)
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["photos/deep/cat.bmp: Egyptian cat 0.79", "photos/parrot.jpg: macaw >0.99"]


def test_json_and_csv(edgewright, shared_file, photos: Path):
    document = json.loads(edgewright("run", shared_file(MODEL), photos, "--json", "--top", "2").stdout)
    assert [one["top"][0]["label"] for one in document] == ["Egyptian cat", "macaw"]
    assert all(len(one["top"]) == 2 for one in document)
    rows = list(csv.DictReader(io.StringIO(edgewright("run", shared_file(MODEL), photos, "--csv").stdout)))
    assert [(row["rank"], row["label"]) for row in rows] == [("1", "Egyptian cat"), ("1", "macaw")]


def test_a_broken_picture_is_reported_and_the_others_go_on(edgewright, shared_file, photos: Path):
    (photos / "broken.jpg").write_bytes((photos / "parrot.jpg").read_bytes()[:2000])
    done = edgewright("run", shared_file(MODEL), photos, "--json")
    assert done.returncode == 1
    said, summary = done.stderr.splitlines()
    assert "broken.jpg" in said
    assert re.fullmatch(r"edgewright: 3 pictures in [\d.]+ m?s, 1 of them without an answer; [\d.]+ a second", summary)
    assert ["error" in one for one in json.loads(done.stdout)] == [True, False, False]


def test_drawn_pictures(edgewright, shared_file, photos: Path, tmp_path: Path):
    shutil.copy(photos / "parrot.jpg", photos / "deep" / "parrot.jpg")
    command = ("run", shared_file(MODEL), photos, "--save-dir", tmp_path / "drawn")
    assert edgewright(*command).returncode == 0
    assert {path.name for path in (tmp_path / "drawn").iterdir()} == {"cat.jpg", "parrot.jpg", "parrot-2.jpg"}
    drawn, photo = Image.open(tmp_path / "drawn" / "parrot.jpg"), Image.open(photos / "parrot.jpg")
    assert drawn.height > photo.height
    again = edgewright(*command)
    assert again.returncode == 1
    assert "exists already" in again.stderr
    assert edgewright(*command, "--force").returncode == 0


def test_a_float_file_without_metadata_asks_for_what_it_needs(edgewright, shared_file):
    model, photo = shared_file("models/mobilenet_v1_0.25_224_float.tflite"), shared_file("images/parrot.jpg")
    asked = edgewright("run", model, photo)
    assert asked.returncode == 2
    assert "Pass the mean and std" in asked.stderr
    labels = shared_file("models/imagenet_labels.txt")
    told = edgewright("run", model, photo, "--mean", "127.5", "--std", "127.5", "--labels", labels, "--top", "1")
    assert "macaw" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.tflite", "x.jpg"], "nowhere.tflite: there is no such file"),
        (["efficientnet_lite0", "x.jpg"], "edgewright models get efficientnet_lite0"),
        (["efficientnet", "x.jpg"], "Did you mean 'efficientnet_lite0', '"),
    ],
)
def test_models_that_are_not_there(edgewright, arguments: list[str], words: str):
    done = edgewright("run", *arguments)
    assert done.returncode in (1, 2)
    assert done.stderr.count("\n") == 1
    assert words in done.stderr


def test_an_input_that_is_not_there(edgewright, shared_file):
    done = edgewright("run", shared_file(MODEL), "nowhere.jpg")
    assert (done.returncode, done.stdout) == (1, "")
    assert "nowhere.jpg" in done.stderr


def test_a_folder_without_pictures_is_an_error(edgewright, shared_file, tmp_path: Path):
    (tmp_path / "notes.txt").write_text("no picture")
    done = edgewright("run", shared_file(MODEL), tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "no pictures in there" in done.stderr


@pytest.mark.parametrize("options", [["--workers", "1"], ["--workers", "3"], ["--threads", "2"], []])
def test_workers_change_nothing_but_the_time(edgewright, shared_file, photos: Path, options: list[str]):
    for number in range(10):
        shutil.copy(photos / "parrot.jpg", photos / f"{number}.jpg")
    done = edgewright("run", shared_file(MODEL), "photos", *options, cwd=photos.parent)
    lines = [f"photos/{number}.jpg: macaw >0.99" for number in range(10)]
    assert done.stdout.splitlines() == [
        *lines,
        "photos/deep/cat.bmp: Egyptian cat 0.79",
        "photos/parrot.jpg: macaw >0.99",
    ]
    assert re.fullmatch(r"edgewright: 12 pictures in [\d.]+ m?s; [\d.]+ a second\n", done.stderr)


def test_ctrl_c_stops_the_workers(shared_file, tmp_path: Path):
    """It is sent while results come; what was printed before is whole, and nothing else is said."""
    photo = tmp_path / "photo.jpg"
    shutil.copy(shared_file("images/parrot.jpg"), photo)
    command = [sys.executable, "-m", "edgewright", "run", str(shared_file(MODEL)), *[photo.name] * 5000]
    with subprocess.Popen(
        command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        first = [process.stdout.readline() for _ in range(3)]
        os.killpg(process.pid, signal.SIGINT)
        out, errors = process.communicate(timeout=30)
    assert process.returncode == INTERRUPTED
    assert errors == "\nedgewright: stopped; nothing was left half-written\n"
    assert set(first) | set(out.splitlines(keepends=True)) == {"photo.jpg: macaw >0.99\n"}
    assert len(out.splitlines()) < 4000


def test_a_bar_leaves_the_results_alone(shared_file, tmp_path: Path):
    """Standard error is a terminal, standard output is none: the bar is drawn on the one, nothing into the other."""
    photo = tmp_path / "photo.jpg"
    shutil.copy(shared_file("images/parrot.jpg"), photo)
    script = (
        "from edgewright.cli import main\nfrom edgewright.cli.progress import bars as progress\n"
        "progress._PATIENCE_S = 0.0\n"
        f"main(['run', {str(shared_file(MODEL))!r}, *['photo.jpg'] * 20, 'nowhere.jpg'])\n"
    )
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, stderr=theirs, text=True,
        env=os.environ | {"COLUMNS": "80", "TERM": "xterm"},
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = _read_terminal(ours)
        out, _ = process.communicate(timeout=60)
    assert out.splitlines() == ["photo.jpg: macaw >0.99"] * 20
    assert "21/21" in shown
    # The message has a line of its own, and the summary is written where the bar was.
    assert re.search(r"\x1b\[2Kedgewright: nowhere.jpg: no such file\r\n", shown)
    assert re.search(r"\x1b\[2Kedgewright: 21 pictures in .*, 1 of them without an answer; .* a second\r\n$", shown)


def _read_terminal(descriptor: int) -> str:
    sent = b""
    while True:
        try:
            part = os.read(descriptor, 4096)
        except OSError:  # The other end is closed.
            part = b""
        if not part:
            os.close(descriptor)
            return sent.decode()
        sent += part
