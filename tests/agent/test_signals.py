"""Signals that end an agent: however often they come at once, what was looked at is stored first."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture
def agent(tmp_path: Path, small_model: Path, shim: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command at work on a slow disk, with results that are not stored yet."""
    (tmp_path / "in").mkdir()
    for number in range(400):
        Image.new("RGB", (8, 8), (number % 256, 0, 0)).save(tmp_path / "in" / f"{number:04}.png")
    command = ["watch", small_model, "--folder", "in", "--send", f"file:{tmp_path / 'events.jsonl'}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "edgewright", *command],
        cwd=tmp_path, stderr=subprocess.PIPE, env={**os.environ, "LD_PRELOAD": str(shim), "FSYNC_DELAY_MS": "700"},
    )  # fmt: skip
    end = time.monotonic() + 120
    while not (tmp_path / "events.jsonl").exists() or not (tmp_path / "events.jsonl").stat().st_size:
        assert time.monotonic() < end
        time.sleep(0.01)
    yield process
    process.kill()
    process.wait()


def test_one_that_comes_again_at_once_is_the_same_one(agent, tmp_path):
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
        agent.send_signal(number)
        time.sleep(0.1)
    assert agent.wait(60) == 0
    status = json.loads((tmp_path / "edgewright-state" / "status.json").read_text())
    assert status["looked_at"] == status["events"] > 0
    assert b"could not be stored" not in agent.stderr.read()


def test_a_later_one_ends_it_at_once(agent):
    agent.send_signal(signal.SIGTERM)
    time.sleep(1.3)
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(60) == -signal.SIGTERM
