"""Kills an agent again and again while events flow, and looks at what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from PIL import Image

from waiting import wait_for

# A kill comes this often at the start; else after so many bytes of events at most, and a moment more (seconds).
_AT_START, _BYTES, _MORE_S = 0.2, 6_000, 0.1

PROGRAM = Path(__file__).with_name("program.py")


class Ordeal:
    """A folder with pictures and an agent that is to report each of them exactly once, whatever happens to it."""

    def __init__(self, folder: Path, model: Path, environment: Mapping[str, str] | None = None) -> None:
        self.pictures = folder / "in"
        self.state = folder / "state"
        self.events = folder / "events.jsonl"
        self._said = folder / "stderr.txt"
        self.pictures.mkdir(parents=True)
        self.state.mkdir()
        self._model = model
        self._environment = {**os.environ, **(environment or {})}
        self._added = 0

    def add(self, count: int) -> None:
        for number in range(self._added, self._added + count):
            name = f"{number:06d}.png"
            Image.new("RGB", (16, 16), (number % 256, number // 256 % 256, 0)).save(self.pictures / f".{name}")
            (self.pictures / f".{name}").rename(self.pictures / name)
            past = time.time() - 100_000 + number
            os.utime(self.pictures / name, (past, past))
        self._added += count

    def start(self) -> subprocess.Popen[bytes]:
        arguments = [str(PROGRAM), str(self._model), str(self.pictures), str(self.state), str(self.events)]
        with self._said.open("ab") as said:
            return subprocess.Popen([sys.executable, *arguments], env=self._environment, stderr=said)

    def kill_at_random(self, chance: random.Random, killed: Callable[[], None]) -> bool:
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

    def _reported(self) -> int:
        return self.events.stat().st_size if self.events.exists() else 0

    def finish(self, timeout_s: float = 300) -> None:
        """Let it do all that is left."""
        self._said.unlink(missing_ok=True)
        assert self.start().wait(timeout_s) == 0, self._said.read_text()[-3000:]

    def check(self) -> None:
        """No picture lost; none twice once repetitions are taken out by their ids; in order."""
        lines = self.events.read_text().splitlines()
        once: dict[str, str] = {}
        for event in map(json.loads, lines):
            if event["kind"] == "result":
                once.setdefault(event["id"], event["picture"])
        names = list(once.values())
        assert len(names) == len(set(names)), "a picture was reported twice"
        assert names == sorted(path.name for path in self.pictures.glob("*.png")), (
            "a picture is missing or out of order"
        )


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9 of the agent and its worker, as the kernel or a power cut does."""
    workers = []
    for path in Path(f"/proc/{process.pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            workers += [int(number) for number in path.read_text().split()]
    process.kill()
    process.wait()
    for worker in workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
