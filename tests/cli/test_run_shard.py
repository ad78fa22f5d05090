"""`edgewright run --shard` and `--status`, as people use them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

EDGEWRIGHT = (sys.executable, "-m", "edgewright")


def edgewright(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*EDGEWRIGHT, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def desk(tmp_path: Path, shared_file: Callable[[str], Path]) -> Path:
    """A folder with a model and three pictures, one of which is none."""
    shutil.copy(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"), tmp_path / "m.tflite")
    (tmp_path / "photos").mkdir()
    for name in ("cat.bmp", "parrot.jpg"):
        shutil.copy(shared_file(f"images/{name}"), tmp_path / "photos")
    (tmp_path / "photos/broken.png").write_bytes(b"no picture")
    return tmp_path


def test_a_run_its_rows_and_its_status(desk: Path):
    ran = edgewright(desk, "run", "m.tflite", "photos", "--shard", "0/1", "-o", "out")
    assert ran.returncode == 1  # one has no answer
    assert ran.stdout == ""
    assert (
        "shard 0/1: 3 of 3 inputs done, 1 of them without an answer (they are in out/errors); 3 now in " in ran.stderr
    )
    assert ran.stderr.endswith(" a second\n")
    rows = [json.loads(line) for line in (desk / "out/part-00000000.jsonl").open()]
    assert [(row["index"], row["input"]) for row in rows] == [
        (0, "photos/broken.png"), (1, "photos/cat.bmp"), (2, "photos/parrot.jpg")
    ]  # fmt: skip
    assert rows[0]["error"].startswith("photos/broken.png: ")
    again = edgewright(desk, "run", "m.tflite", "photos", "--shard", "0/1", "-o", "out", "--json")
    document = json.loads(again.stdout)
    assert {name: document[name] for name in ("shard", "count", "done", "failures", "fresh", "left")} == {
        "shard": "0/1", "count": 3, "done": 3, "failures": 1, "fresh": 0, "left": 0
    }  # fmt: skip
    assert "all of it was done before" in again.stderr
    status = edgewright(desk, "run", "--status", "out")
    assert status.returncode == 0
    assert "inputs done        3 of 3 (100.0%)" in status.stdout
    assert "without an answer  1" in status.stdout
    assert json.loads(edgewright(desk, "run", "--status", "out", "--json").stdout)["done"] == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["m.tflite", "photos", "--shard", "0/1"], "add -o FOLDER"),
        (["m.tflite", "photos", "--shard", "1/1", "-o", "out"], "--shard 1/1: give which of how many it is"),
        (["m.tflite", "photos", "--shard", "", "-o", "out"], "counted from 0"),
        (["m.tflite", "photos", "--format", "parquet"], "--format goes with --shard"),
        (["m.tflite", "photos", "--timeout", "9"], "--timeout goes with --shard"),
        (["m.tflite", "photos", "--shard", "0/1", "-o", "out", "--csv"], "--csv does not go with --shard"),
        (["m.tflite", "photos", "--shard", "0/1", "-o", "out", "--track"], "--track does not go with --shard"),
        (["m.tflite", "photos", "--shard", "0/1", "-o", "out", "--then", "m.tflite"], "--then does not go with"),
        (["m.tflite", "photos", "--shard", "0/1", "-o", "out", "--engine", "auto"], "--engine auto: each machine"),
        (["m.tflite", "photos", "--shard", "0/1", "-o", "out", "--timeout", "0"], "--timeout"),
        (["m.tflite", "--status", "out"], "MODEL does not go with --status"),
        (["--status", "out", "--top", "3"], "--top does not go with --status"),
        ([], "Missing argument 'MODEL'"),
        (["m.tflite"], "Missing argument 'INPUTS...'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(desk: Path, words: Sequence[str], said: str):
    ran = edgewright(desk, "run", *words)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert ran.stderr.count("\n") == 1
    assert said in ran.stderr
    assert not (desk / "out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--status", "photos"], "it is no folder of a run"),
        (["m.tflite", "photos", "--shard", "0/1", "-o", "m.tflite"], "Choose another folder"),
        (["m.tflite", "photos", "--shard", "0/1", "-o", "/proc/out"], "/proc/out: cannot be written"),
        (["photos/cat.bmp", "photos", "--shard", "0/1", "-o", "out"], "photos/cat.bmp"),
    ],
)
def test_what_fails_says_so_in_a_line(desk: Path, words: Sequence[str], said: str):
    ran = edgewright(desk, "run", *words)
    assert ran.returncode in (1, 2)
    assert ran.stderr.count("\n") == 1
    assert said in ran.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_the_same_command_goes_on(desk: Path, number: int):
    for copy in range(400):
        os.link(desk / "photos/parrot.jpg", desk / f"photos/{copy:03}.jpg")
    command = [*EDGEWRIGHT, "run", "m.tflite", "photos", "--shard", "0/1", "-o", "out", "--workers", "2"]
    run = subprocess.Popen(command, cwd=desk, stderr=subprocess.PIPE, text=True)
    while len(list(desk.glob("out/deaths/mark-*"))) < 2:  # workers are there
        assert run.poll() is None
        time.sleep(0.02)
    run.send_signal(number)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert said == "edgewright: stopped; what is done stays, and the same command goes on from there\n"
    assert list(desk.glob("out/deaths/*")) == []
    assert subprocess.run(command, cwd=desk, timeout=120, capture_output=True, check=False).returncode == 1
    assert sum(1 for _ in (desk / "out/part-00000000.jsonl").open()) == 403


def test_help_has_it_under_a_heading(desk: Path):
    assert "Over many machines:\n  --shard I/N" in edgewright(desk, "run", "--help").stdout
