"""Looks at visitors with a real outbox and no model, killed one write later each time, until it comes to its end.

    LD_PRELOAD=kill_shim.so python writes.py FOLDER STEP

FOLDER/N gets the state as the kill at write N left it, for each STEPth write, and what the next run made of it:
FOLDER/N.jsonl. Prints how many writes there are.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from visitors import EVERY, RATE, SIDE, STAYS, there

from edgewright.agent import Frame, Outbox, Rule, SourceSpec, Tracking
from edgewright.agent.capture.frame import Position
from edgewright.agent.capture.taking import Takes
from edgewright.agent.config.settings import Settings
from edgewright.agent.delivery.sinks.call import Call
from edgewright.agent.events.sighting import Sighting
from edgewright.agent.ledger import Ledger
from edgewright.agent.watched import Watched
from edgewright.media import Box
from edgewright.task import Observation

SHIM = ctypes.CDLL(None)
VISITORS = 3
END = EVERY * VISITORS + STAYS + RATE


def settings(sources: Iterator[Frame]) -> Settings:
    return Settings(
        model="none",
        sources=(SourceSpec("iterator", sources),),
        sinks=(Call(lambda _: None),),
        rules=(Rule("there", ("visitor",), update_s=1.0),),
        tracking=Tracking(hits=2, lost_s=0.5),
    )


def sighting(number: int) -> Sighting:
    things = tuple(Observation("visitor", 0.9, 0, Box(*box)) for box in there(number, VISITORS))
    return Sighting(things=things, size=(SIDE, SIDE))


def look(state: Path, kill_at: int = 0) -> None:
    """Look at each picture that has not been looked at, and end."""
    outbox = Outbox(state / "outbox.db")
    outbox.attach(["all"])
    if kill_at:
        SHIM.arm_kill(kill_at)
    watched = Watched(
        (one := settings(iter(()))).sources[0], one, outbox, Takes(), ledger=Ledger(), changed=threading.Condition()
    )
    done = outbox.taken(watched.memory_name)
    outbox.append([watched.begin()])
    gray = np.zeros((SIDE, SIDE, 3), np.uint8)
    for number in range(END):
        if f"{number}" in done:
            continue
        time_s = number / RATE
        frame = Frame(gray, 1_780_000_000 + time_s, mark=f"{number}", position=Position(number, time_s))
        seen = watched.follow(frame, sighting(number))
        outbox.append([watched.entry(frame, watched.events(frame, seen), ())])
    if (entry := watched.finish(is_stopped=True)) is not None:
        outbox.append([entry])
    outbox.close()


def main() -> None:
    folder, step = Path(sys.argv[1]), int(sys.argv[2])
    for number in itertools.count(1, step):
        state = folder / f"{number}"
        state.mkdir()
        code = in_child(lambda state=state, number=number: look(state, number))
        if code == 0:
            print(number)
            return
        assert code == -signal.SIGKILL, code
        assert in_child(lambda state=state: look(state)) == 0
        outbox = Outbox(state / "outbox.db")
        (folder / f"{number}.jsonl").write_text("".join(f"{one.text}\n" for one in outbox.after("all", 100_000)))
        outbox.close()


def in_child(work: Callable[[], None]) -> int:
    process = os.fork()
    if not process:
        code = 1
        try:
            work()
            code = 0
        except Exception:  # noqa: BLE001 - the parent says that it failed, this why
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


if __name__ == "__main__":
    main()
