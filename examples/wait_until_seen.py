"""Watch until something is seen, say what it was, and end.

    python wait_until_seen.py mobilenet.tflite SOURCE LABEL...

SOURCE is a camera's number, rtsp://..., a video file or a folder. Two results of the last three have to agree. What
it has seen is forgotten when it ends; an agent that remembers has a `state` of its own.
"""

from __future__ import annotations

import sys
from tempfile import TemporaryDirectory
from typing import Any

import edgewright as ew
from edgewright.agent import Rule


def main(model: str, source: str, *labels: str) -> None:
    def tell(event: dict[str, Any]) -> None:
        if event["kind"] == "rule":
            seen = event["observation"]
            print(f"{event['time']} {seen['label']} {seen['score']:.3f}")
            agent.stop()

    rule = Rule("seen", labels, score=0.5, seen=2, of=3, cooldown_s=3600)
    with TemporaryDirectory() as state:
        agent = ew.Agent(model, source, sinks=[tell], rules=[rule], state=state)
        agent.run()


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (ew.EdgewrightError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
