"""An agent as a process of its own, to be killed: MODEL FOLDER STATE EVENTS."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from edgewright.agent import Agent, SourceSpec


def main() -> None:
    model, folder, state, events = map(Path, sys.argv[1:5])
    source = SourceSpec("folder", str(folder), every_frame=True, options={"once": True})
    agent = Agent(model, source, sinks=[f"file:{events}"], state=state)
    signal.signal(signal.SIGTERM, lambda *_: agent.stop())
    agent.run()


if __name__ == "__main__":
    main()
