"""A run that is killed at random moments, in part or whole, and what is left of it in the end."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgewright.scale import read_rows

EDGEWRIGHT = (sys.executable, "-m", "edgewright")


class Run:
    """`edgewright run --shard` of a model on a folder, with the kills that it gets."""

    def __init__(self, model: Path, pictures: Path, out: Path, *more: str) -> None:
        self.out = out
        self._words = (*EDGEWRIGHT, "run", str(model), str(pictures), "-o", str(out), *more)
        self._process: subprocess.Popen[str] | None = None

    def start(self, shard: str = "0/1") -> None:
        self._process = subprocess.Popen(
            [*self._words, "--shard", shard], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    @property
    def process(self) -> subprocess.Popen[str]:
        assert self._process is not None
        return self._process

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def kill_whole(self) -> None:
        self.process.kill()
        self.process.communicate()

    def kill_a_worker(self, chance: random.Random) -> bool:
        """One of the processes with an interpreter in it, or of those that guard them, once there are any."""
        while self.is_alive() and not list(self.out.glob("deaths/mark-*")):
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 1))
        found = list(descendants(self.process.pid))
        if found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(found), signal.SIGKILL)
        return bool(found)

    def finish(self, shard: str = "0/1") -> tuple[int, str]:
        """Go on until it is through; its exit code and what it said."""
        if self._process is not None:
            self.process.communicate(timeout=600)
        self.start(shard)
        _, said = self.process.communicate(timeout=600)
        return self.process.returncode, said


def torment(run: Run, chance: random.Random, workers: int, wholes: int) -> int:
    """Kill workers and whole runs in any order, some time apart, as long as there is something to do; how many."""
    kills = ["worker"] * workers + ["whole"] * wholes
    chance.shuffle(kills)
    done = 0
    run.start()
    for what in kills:
        time.sleep(chance.uniform(0.1, 1.5))
        if not run.is_alive():
            if run.process.returncode in (0, 1) and is_whole(run.out):
                break
            run.start()
        if what == "whole":
            run.kill_whole()
            run.start()
            done += 1
        else:
            done += run.kill_a_worker(chance)
    return done


def is_whole(out: Path) -> bool:
    """Whether each piece has its part."""
    manifest = json.loads((out / "manifest.json").read_text()) if (out / "manifest.json").exists() else None
    return manifest is not None and len(list(out.glob("part-*"))) == -(-manifest["count"] // manifest["piece"])


def descendants(pid: int) -> Iterator[int]:
    """Children, and theirs."""
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(FileNotFoundError):
            for child in map(int, (task / "children").read_text().split()):
                yield child
                with contextlib.suppress(FileNotFoundError):
                    yield from descendants(child)


def on_one_machine(model: Path, *words: str | Path) -> list[dict[str, Any]]:
    """What `edgewright run --json` says of the same inputs."""
    command = [*EDGEWRIGHT, "run", str(model), *map(str, words), "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ran.returncode in (0, 1), ran.stderr
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


def assert_each_once(out: Path, expected: list[dict[str, Any]]) -> None:
    """One row for each input, in order, and equal to what one machine says."""
    rows = list(read_rows(out))
    assert [row.pop("index") for row in rows] == list(range(len(expected)))
    assert {len(row.pop("model")) for row in rows} == {64}
    assert rows == expected
