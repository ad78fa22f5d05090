"""The page on Home Assistant shows what is said to it, word for word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from edgewright.agent.delivery.sinks.home_assistant.payloads import Place, discovery
from edgewright.agent.delivery.sinks.home_assistant.states import States

from .homes import HOUSE, YARD, Story

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "home-assistant.md"
PLACE = Place("1a2b3c4d5e6f", "home/front_door", "homeassistant", "front door")
WHEN = "2026-06-01T18:02:11.480Z"


def said() -> Iterator[str]:
    """The device; then, for the beginning of a visit and a crossing, what their entities read."""
    device = discovery(PLACE, HOUSE, "0.1.0", {})
    yield f"`{PLACE.discovery}`\n\n```json\n{json.dumps(device, indent=2, ensure_ascii=False)}\n```"
    states, story = States(HOUSE), Story()
    states.take(story.notice("dropped", count=12, reason="size", time=WHEN))
    states.take(story.visit("new", source="camera 0", place={"zone": "yard", "inside": 1}, time=WHEN))
    states.take(story.crossing(7, 9, source="camera 0"))
    states.attributes.pop("rule_gate")
    rows = [(f"{PLACE.state(key)}/attributes", payload) for key, payload in states.attributes.items()]
    rows += [(PLACE.state(key), payload) for key, payload in states.states.items()]
    yield "\n".join(
        ["| topic | payload |", "| --- | --- |", *(f"| `{topic}` | `{text.decode()}` |" for topic, text in rows)]
    )


def test_the_page_shows_what_is_said():
    page = PAGE.read_text(encoding="utf-8")
    for part in said():
        assert part in page, f"write this into {PAGE.name}:\n{part}"


def test_the_sample_is_of_the_rule_that_the_page_speaks_of():
    assert f"the rules “{YARD.name}” and “gate”" in PAGE.read_text(encoding="utf-8")
