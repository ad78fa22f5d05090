"""Where the output goes: a full disk is one line, and a reader that goes away is no error, whatever the command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

Made = Callable[[str], Path]

MODEL, PICTURE = "models/mobilenet_v1_0.25_128_quant.tflite", "images/parrot.jpg"

# What each verb prints most cheaply; MODEL, PICTURE and FOLDER stand for paths.
COMMANDS = [
    "--help",
    "--version",
    "inspect MODEL",
    "inspect MODEL --json",
    "models",
    "models --json",
    "run MODEL PICTURE",
    "run MODEL PICTURE PICTURE",
    "run MODEL PICTURE --json",
    "run MODEL PICTURE --csv",
    "check MODEL",
    "check MODEL --json",
    "check --explain all",
    "convert MODEL -o FOLDER/copy.tflite",
    "convert MODEL -o FOLDER/copy.tflite --json",
    "rewrite MODEL -o FOLDER/new.tflite",
    "rewrite MODEL -o FOLDER/new.tflite --json",
    "bench MODEL --rounds 1",
    "bench MODEL --rounds 1 --json",
    "evaluate MODEL mnist5k --help",
    "watch MODEL --help",
    "optimize --help",
    "teach --help",
    "train --help",
    "quickstart --help",
]


@pytest.fixture
def words(shared_file, tmp_path: Path) -> Callable[[str], list[str]]:
    paths = {"MODEL": shared_file(MODEL), "PICTURE": shared_file(PICTURE), "FOLDER": tmp_path}

    def given(command: str) -> list[str]:
        for name, path in paths.items():
            command = command.replace(name, str(path))
        return [sys.executable, "-m", "edgewright", *command.split()]

    return given


def run(words: Sequence[str], out: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, stdout=out, stderr=subprocess.PIPE, text=True, check=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_one_line(command: str, words: Callable[[str], list[str]]):
    with Path("/dev/full").open("wb") as full:
        done = run(words(command), full.fileno())
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last == f"edgewright: what is printed cannot be written: {os.strerror(28)}"
    assert "Traceback" not in done.stderr
    assert "ignored" not in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_that_goes_away_is_no_error(command: str, words: Callable[[str], list[str]]):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run(words(command), writing)
    finally:
        os.close(writing)
    assert "Traceback" not in done.stderr
    assert "ignored" not in done.stderr
    assert "edgewright: " not in done.stderr.replace("edgewright: 2 pictures", "")
