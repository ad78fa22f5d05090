"""What came of an installation, as the launcher left it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from edgewright.agent.fleet.tried import FAILED, INSTALLING, Tried, TriedMemory


def settled(root: Path, attempts: int, **said: object) -> Tried:
    """What is remembered of version 7 once version 6 runs again."""
    (root / "status.json").write_text(json.dumps({"version": "7-0123456789ab", "state": "rolled back", **said}))
    TriedMemory(root).keep(Tried("ab" * 32, 7, INSTALLING, attempts=attempts))
    memory = TriedMemory(root)
    memory.settle(6, at_start=True)
    return memory.last


def test_a_trial_that_was_cut_short_is_an_attempt_and_no_failure(tmp_path: Path):
    assert settled(tmp_path, 1, cut=True, why="its trial was cut short").state == INSTALLING
    last = settled(tmp_path, 3, cut=True, why="its trial was cut short")
    assert (last.state, last.why) == (FAILED, "its installation was cut short 3 times")


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc")
@pytest.mark.parametrize(("word", "is_installing"), [("boot", False), ("install", True)])
def test_the_launcher_with_the_number_that_the_installer_had_is_none(tmp_path: Path, word: str, is_installing: bool):
    """As after a restart of the device, which gives numbers out anew."""
    (tmp_path / "device.pyz").write_text("print(flush=True); input()")
    program = [sys.executable, str(tmp_path / "device.pyz"), "--root", str(tmp_path), word]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        memory = TriedMemory(tmp_path)
        memory.keep(Tried("ab" * 32, 7, INSTALLING, attempts=1, process=process.pid))
        assert memory.is_installing == is_installing
        process.communicate(b"\n")


def test_a_trial_that_failed_is_a_failure_at_once(tmp_path: Path):
    last = settled(tmp_path, 1, why="the camera is on fire")
    assert (last.state, last.why) == (FAILED, "rolled back: the camera is on fire")
