"""An agent on a slow disk, as a process of its own: MODEL KIND COUNT FOLDER. Its status is printed as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from edgewright.agent import Agent, Frame, SourceSpec, register_source
from edgewright.agent import agent as module

# Little room, so that a few pictures are many.
ROOM = 20


class Camera:
    """Goes on whether or not somebody looks."""

    name, live, can_stall = "camera:test", True, False

    def __init__(self, count: int) -> None:
        self._count = count

    def frames(self) -> Iterator[Frame]:
        for number in range(self._count):
            time.sleep(0.002)
            yield Frame(np.full((8, 8, 3), number % 256, np.uint8), name=f"{number}")

    def give_back(self, marks: Iterable[str]) -> None:
        pass

    def close(self) -> None:
        pass


def main() -> None:
    model, kind, count, folder = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    module.ROOM = ROOM
    register_source("live", lambda target, **_: Camera(target))
    source = {
        "iterable": (Frame(np.full((8, 8, 3), number % 256, np.uint8), name=f"{number}") for number in range(count)),
        "folder": SourceSpec("folder", str(folder / "in"), every_frame=True, options={"once": True}),
        "live": SourceSpec("live", count),
    }[kind]
    status = Agent(model, source, sinks=[f"file:{folder / 'events.jsonl'}"], state=folder / "state").run()
    print(json.dumps(status.to_dict()))


if __name__ == "__main__":
    main()
