"""A whole agent that tracks, told to Home Assistant over a real broker."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edgewright.agent import Agent, Line, Rule, Zone, open_sink

from ..homes import components, retained, state
from ..servers import Broker, Subscriber
from .conftest import Scene, frames
from .walking import Walker, sightings

pytestmark = pytest.mark.extras

YARD = Zone("yard", [(0.5, 0), (1, 0), (1, 1), (0.5, 1)])
GATE = Line("gate", [(0.1, 0.5), (0.9, 0.5)])


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    one = Broker(tmp_path)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def shown(small_model: Path, staged: Path, tmp_path: Path, broker: Broker) -> Callable[..., dict[str, bytes]]:
    """Run an agent over staged pictures; what the broker keeps then."""

    def run(scene: Scene, **settings: Any) -> dict[str, bytes]:
        path = tmp_path / "scene.json"
        path.write_text(json.dumps([[thing.to_dict() for thing in seen.things] for _, seen in scene]))
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/site/door", home_assistant=True)
        agent = Agent(
            small_model, frames(scene), sinks=[sink], state=tmp_path / "state", task="staged",
            options={"scene": str(path)}, lines=[GATE], zones=[YARD], **settings,
        )  # fmt: skip
        agent.run()
        return retained(broker.port)

    return run


def test_lines_are_counted_on_over_a_restart(shown):
    walker = Walker((300, 150), (320, 400), 0, 4)
    for run in (b"1", b"2"):
        kept = shown(list(sightings([walker], 6, 5)), rules=[Rule("passed", ("person",), crosses="gate")])
        assert state(kept, "line_in_gate") == run
        assert state(kept, "line_out_gate") == b"0"
        assert state(kept, "rule_passed") == b"OFF"
        assert components(kept)["rule_passed"]["off_delay"] == 30


def test_a_visit_is_on_while_it_lasts_with_how_many_are_inside(shown, broker):
    live = Subscriber(broker.port, "site/door/home_assistant/#")
    walkers = [Walker((400 + 90 * i, 300), (400 + 90 * i, 310), i, 8) for i in range(2)]
    kept = shown(list(sightings(walkers, 14, 5)), rules=[Rule("yard", ("person",), zone="yard")], tracking=True)
    live.close()
    told = {name: [payload for topic, payload in live.messages if topic.endswith(f"/{name}")] for name in
            ("rule_yard", "inside_yard")}  # fmt: skip
    assert told["rule_yard"] == [b"OFF", b"ON", b"OFF"]
    assert max(told["inside_yard"]) == b"2"
    assert state(kept, "inside_yard") == b"0"
    assert "off_delay" not in components(kept)["rule_yard"]
