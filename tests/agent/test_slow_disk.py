"""A disk that is slow but takes everything: it costs time, never an event, and no picture is looked at for nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

PROGRAM = Path(__file__).with_name("slow_program.py")
COUNT, DELAY_MS = 200, 500


@pytest.fixture
def watch(tmp_path: Path, small_model: Path, shim: Path):
    """Run an agent over so many pictures on a slow disk: its status, and its events."""

    def run(kind: str, count: int = COUNT) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        environment = {**os.environ, "LD_PRELOAD": str(shim), "FSYNC_DELAY_MS": str(DELAY_MS)}
        done = subprocess.run(
            [sys.executable, PROGRAM, small_model, kind, str(count), tmp_path],
            env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        events = (tmp_path / "events.jsonl").read_text().splitlines()
        return json.loads(done.stdout), [json.loads(line) for line in events]

    return run


def test_where_every_frame_counts_its_source_waits_and_none_is_lost(watch):
    status, events = watch("iterable")
    assert [event["picture"] for event in events] == [str(number) for number in range(COUNT)]
    assert (status["dropped"], status["looked_at"], status["events"]) == (0, COUNT, COUNT)


def test_no_picture_is_looked_at_again_whose_result_waits(watch, tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(COUNT):
        path = tmp_path / "in" / f"{number:04}.png"
        Image.new("RGB", (8, 8), (number % 256, 0, 0)).save(path)
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
    status, events = watch("folder")
    assert [event["picture"] for event in events] == [f"{number:04}.png" for number in range(COUNT)]
    assert (status["captured"], status["looked_at"], status["dropped"]) == (COUNT, COUNT, 0)


def test_frames_that_do_not_wait_are_passed_over_before_an_event_is_lost(watch):
    status, events = watch("live", 1000)
    assert {event["kind"] for event in events} == {"result"}
    assert status["dropped"] == 0
    assert status["looked_at"] == status["events"] == len(events) < status["captured"]
