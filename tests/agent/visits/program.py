"""An agent whose source shows visitors, as a process of its own, to be killed.

    python program.py MODEL PACKAGES STATE EVENTS VISITORS file|camera

Of a file each picture is looked at once, also across restarts, and its clock is the file's own. A camera shows what is
there now, begun at the moment that STATE/../began names, until it is told to stop.
"""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

MODEL, PACKAGES, STATE, EVENTS, VISITORS, KIND = sys.argv[1:7]
sys.path.insert(0, PACKAGES)

import visitors as staged  # noqa: E402 - a package of the test

from edgewright.agent import Agent, Frame, Rule, SourceSpec, Tracking  # noqa: E402
from edgewright.agent.capture.frame import Position  # noqa: E402
from edgewright.agent.capture.sources.protocol import Taken, register_source  # noqa: E402

COUNT = int(VISITORS)
END = staged.EVERY * COUNT + staged.STAYS + 2 * staged.RATE


class Source:
    name, can_stall = "staged", False

    def __init__(self, target: Any, *, every_frame: bool, memory: Taken) -> None:
        self.live = KIND == "camera"
        self._memory = memory
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        return self._now() if self.live else self._each()

    def give_back(self, marks: Iterable[str]) -> None:
        """Nothing is dropped here."""

    def close(self) -> None:
        self._closed.set()

    def _each(self) -> Iterator[Frame]:
        taken = self._memory.taken(self.name)
        for number in range(END):
            if f"{number}" not in taken:
                time_s = number / staged.RATE
                yield Frame(
                    staged.shown(number), 1_780_000_000 + time_s, mark=f"{number}", position=Position(number, time_s)
                )

    def _now(self) -> Iterator[Frame]:
        began = Path(STATE).with_name("began")
        if not began.exists():
            began.write_text(f"{time.monotonic()}")
        began_s = float(began.read_text())
        while not self._closed.wait(1 / staged.RATE):
            yield Frame(staged.shown(min(END, math.floor((time.monotonic() - began_s) * staged.RATE))))


def main() -> None:
    register_source("staged", Source)
    agent = Agent(
        MODEL,
        SourceSpec("staged", None, every_frame=KIND == "file"),
        sinks=[f"file:{EVENTS}"],
        state=STATE,
        task="visitors",
        options={"visitors": COUNT},
        rules=[Rule("there", ("visitor",), update_s=1.0)],
        tracking=Tracking(hits=2, lost_s=0.5),
    )
    signal.signal(signal.SIGTERM, lambda *_: agent.stop())
    agent.run()


if __name__ == "__main__":
    main()
