"""Kills an agent again and again while visitors come and go, and looks at what was told of each."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from waiting import wait_for

from ..killing import kill
from .visitors import EVERY, RATE, STAYS

HERE = Path(__file__).parent

# A kill comes this often at the start; else after so many bytes of events at most, and a moment more (seconds).
_AT_START, _BYTES, _MORE_S = 0.2, 6_000, 0.2


def installed(folder: Path) -> Path:
    """A folder with the package of `visitors.py`."""
    metadata = folder / "visitors-1.0.dist-info"
    metadata.mkdir(parents=True)
    shutil.copy(HERE / "visitors.py", folder)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: visitors\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[edgewright.tasks]\nvisitors = visitors:KIND\n")
    return folder


class Ordeal:
    """An agent that is to tell of each visitor once when he comes and once when he is gone, whatever happens to it."""

    def __init__(
        self, folder: Path, model: Path, kind: str, visitors: int, environment: Mapping[str, str] | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.state, self.events, self.visitors = folder / "state", folder / "events.jsonl", visitors
        self.state.mkdir()
        self._said = folder / "stderr.txt"
        packages = installed(folder / "packages")
        files = (HERE / "program.py", model, packages, self.state, self.events)
        self._arguments = [*map(str, files), str(visitors), kind]
        self._environment = {**os.environ, **(environment or {})}

    def start(self) -> subprocess.Popen[bytes]:
        with self._said.open("ab") as said:
            return subprocess.Popen([sys.executable, *self._arguments], env=self._environment, stderr=said)

    def kill_at_random(self, chance: random.Random, killed: Callable[[], None] = lambda: None) -> bool:
        """Start it and kill it, now and then at its start, else while events flow; whether that came before its end."""
        process = self.start()
        wanted = self._reported()
        if chance.random() > _AT_START:
            wanted += chance.randint(1, _BYTES)
        wait_for(lambda: self._reported() >= wanted, process=process)
        try:
            process.wait(chance.uniform(0, _MORE_S))
        except subprocess.TimeoutExpired:
            kill(process)
            killed()
            return True
        return False

    def finish(self, timeout_s: float = 600) -> None:
        """Let it see all that is left."""
        self._said.unlink(missing_ok=True)
        assert self.start().wait(timeout_s) == 0, self._said.read_text()[-3000:]

    def finish_camera(self, timeout_s: float = 600) -> None:
        """Let it run until nobody is there any more, and stop it."""
        process = self.start()
        wait_for(lambda: not self._open() and self._reported(), process=process, timeout_s=timeout_s)
        assert process.poll() is None, self._said.read_text()[-3000:]
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, self._said.read_text()[-3000:]

    def check(self) -> dict[str, list[dict[str, Any]]]:
        """The visits that were told of, each with one beginning and one end."""
        return checked(self.events)

    def _open(self) -> bool:
        """Whether somebody is there, or is still to come."""
        visits = told(self.events)
        is_over = all(events[-1]["visit"]["phase"] == "end" for events in visits.values())
        return not is_over or not self._all_came()

    def _all_came(self) -> bool:
        began = float(self.state.with_name("began").read_text()) if self.state.with_name("began").exists() else None
        return began is not None and time.monotonic() - began > (EVERY * self.visitors + STAYS) / RATE + 2

    def _reported(self) -> int:
        return self.events.stat().st_size if self.events.exists() else 0


def told(events: Path) -> dict[str, list[dict[str, Any]]]:
    """The events of each visit in the order in which they came, repetitions taken out."""
    once: dict[str, dict[str, Any]] = {}
    for line in events.read_text().splitlines() if events.exists() else ():
        event = json.loads(line)
        once.setdefault(event["id"], event)
    visits: dict[str, list[dict[str, Any]]] = {}
    for event in once.values():
        if event["kind"] == "rule":
            visits.setdefault(event["visit"]["id"], []).append(event)
    return visits


def checked(events: Path) -> dict[str, list[dict[str, Any]]]:
    """One beginning and one end for each visit, in this order; no number of a track is used twice."""
    visits = told(events)
    for one in visits.values():
        phases = [event["visit"]["phase"] for event in one]
        assert phases == ["new", *["update"] * (len(phases) - 2), "end"], phases
        assert len({event["visit"]["track"] for event in one}) == 1
        assert [event["sequence"] for event in one] == sorted(event["sequence"] for event in one)
        lasted = [event["visit"]["seconds"] for event in one]
        assert lasted == sorted(lasted), lasted
    tracks = [one[0]["visit"]["track"] for one in visits.values()]
    assert len(tracks) == len(set(tracks)), "the number of a track was used twice"
    return visits
