"""The page about visits: what it shows is what an agent tells."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from edgewright.agent import Rule, Tracking
from edgewright.agent.capture.frame import Frame, Position
from edgewright.agent.events.making import EventMaker
from edgewright.agent.events.places.place import Zone
from edgewright.agent.events.sighting import Sighting
from edgewright.agent.inference.following import Follower
from edgewright.media import Box
from edgewright.task import Observation

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "watching.md"
YARD = Zone("yard", ((0.3, 0.4), (1.0, 0.4), (1.0, 1.0), (0.3, 1.0)))

# Somebody walks through the yard, a picture each second.
SCORES = (0.71, 0.78, 0.86, 0.91, 0.88, 0.81)


def events() -> list[dict[str, Any]]:
    """What is told of it."""
    maker = EventMaker("door", [Rule("yard", ("person",), zone="yard")], [YARD], has_lives=True)
    follower = Follower(Tracking(hits=1, lost_s=3.0), "door")
    told = []
    for number in range(12):
        time_s = float(number)
        x = 240.0 + 30 * number
        things = (Observation("person", SCORES[number], 0, Box(x, 130.0, x + 60, 300.0)),) if number < 6 else ()
        result = {"kind": "detection", "width": 640, "height": 480, "detections": []}
        frame = Frame(b"", 1_777_885_964.0 + time_s, position=Position(25 * number, time_s))
        seen = follower.follow(Sighting(result, things=things, size=(480, 640)), time_s)
        told += maker.events(frame, seen)
    return [json.loads(event.to_json()) for event in told]


def shown(event: dict[str, Any]) -> str:
    """As the page has it: a line for each few keys, made-up numbers for what is random, and no more of a result."""
    event = {"sequence": 1 if event["visit"]["phase"] == "new" else 2, **event}
    if event["result"] is not None:
        event["result"] = {"kind": "detection", "…": "…"}
    visit = {**event.pop("visit"), "id": "c41d…"}
    event["id"] = "7be0…" if visit["phase"] == "new" else "90aa…"
    heads = ("sequence", "schema", "id", "source", "kind", "time")
    rest = {key: value for key, value in event.items() if key not in (*heads, "position", "observation", "result")}
    path = visit.pop("path")
    parts = [
        {key: event[key] for key in heads},
        {"position": event["position"], **rest},
        {"visit": "VISIT"},
        {"observation": event["observation"]},
        {"result": event["result"]},
    ]
    lines = [json.dumps(part, ensure_ascii=False)[1:-1] for part in parts]
    first = {key: visit.pop(key) for key in ("id", "phase", "track", "began", "seconds")}
    inside = [json.dumps(part, ensure_ascii=False)[1:-1] for part in (first, {"path": path}, visit)]
    lines[2] = '"visit": {' + ",\n           ".join(inside) + "}"
    return "{" + ",\n ".join(lines) + "}"


def test_the_samples_on_the_page_are_what_an_agent_tells():
    begin, *_, end = events()
    assert (begin["visit"]["phase"], end["visit"]["phase"]) == ("new", "end")
    page = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"```json\n(\{\"sequence.*?)\n```", page.partition("## Events with a life")[2], re.DOTALL)
    assert blocks[:2] == [shown(begin), shown(end)]
