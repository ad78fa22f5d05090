"""One process at a time: who holds the lock, and that nothing stays open where waiting ends."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from edgewright.machine import alone, silent


class StopError(Exception):
    """Waiting was given up."""


def stop(*_: object) -> None:
    raise StopError


def test_who_gives_up_waiting_leaves_nothing_open(tmp_path: Path):
    with alone(tmp_path / "lock", silent, "waiting") as held:
        assert held
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        for _ in range(5):
            with pytest.raises(StopError), alone(tmp_path / "lock", stop, "waiting"):
                pass
        assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_where_there_are_no_locks_it_is_said_and_no_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with alone(tmp_path / "lock", silent, "waiting") as held:
        assert not held
    assert not list(tmp_path.iterdir())
