"""What Home Assistant itself makes of an agent.

EDGEWRIGHT_HOME_ASSISTANT names a Python that has it: `python3.13 -m venv home; home/bin/pip install homeassistant
paho-mqtt` with the constraints of its `package_constraints.txt`. Without it these tests are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edgewright.agent import Outbox, open_sink
from edgewright.agent.delivery.identity import Identity
from edgewright.agent.delivery.sinks.home_assistant import talk
from edgewright.agent.delivery.sinks.home_assistant.watching import WatchedRule, Watching
from waiting import wait_for

from .homes import HOUSE, YARD, Story, stored, with_picture
from .servers import Broker

PYTHON = os.environ.get("EDGEWRIGHT_HOME_ASSISTANT")

pytestmark = [pytest.mark.extras, pytest.mark.skipif(not PYTHON, reason="EDGEWRIGHT_HOME_ASSISTANT names no Python")]

PROGRAM = Path(__file__).with_name("home_assistant_program.py")


class Home:
    """Home Assistant at a broker."""

    def __init__(self, port: int, folder: Path) -> None:
        (folder / "configuration.yaml").touch()
        self._log = (folder / "home.log").open("w")
        self._process = subprocess.Popen(
            [str(PYTHON), str(PROGRAM), str(port), str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True,
        )  # fmt: skip

    def states(self) -> dict[str, dict[str, Any]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(file=self._process.stdin, flush=True)
        return dict(json.loads(self._process.stdout.readline()))

    def wait_for(self, condition: Callable[[dict[str, dict[str, Any]]], bool]) -> dict[str, dict[str, Any]]:
        found = wait_for(lambda: [*filter(condition, [self.states()])], told=self.states)
        return dict(found[0])

    def close(self) -> str:
        """End it; what it complained of."""
        self._process.kill()
        self._process.wait()
        self._log.close()
        lines = Path(self._log.name).read_text().splitlines()
        return "\n".join(line for line in lines if "components.mqtt" in line)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    one = Broker(tmp_path)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def opened(tmp_path: Path, outbox: Outbox, broker: Broker) -> Callable[..., Any]:
    def make(watching: Watching, *, announced: bool = True) -> Any:
        sink: Any = open_sink(f"mqtt://127.0.0.1:{broker.port}/site/front_door", home_assistant=announced)
        identity = Identity(tmp_path / "identity")
        sink.identify(identity)
        sink.introduce(identity, watching, outbox)
        return sink

    return make


def is_at(entity: str, state: str) -> Callable[[dict[str, dict[str, Any]]], bool]:
    return lambda states: states.get(entity, {}).get("state") == state


def test_a_device_appears_follows_and_goes(tmp_path, broker, opened):
    story, home = Story(), Home(broker.port, tmp_path)
    yard, inside = "binary_sensor.front_door_person_in_yard", "sensor.front_door_person_in_yard_inside"
    sink = opened(HOUSE)
    sink.tend()
    home.wait_for(is_at(yard, "off"))
    sink.send(stored(with_picture(story.visit("new", "a", place={"zone": "yard", "inside": 1}))))
    home.wait_for(is_at(inside, "1"))
    picture = "image.front_door_person_in_yard_picture"
    found = home.wait_for(lambda states: states[picture]["state"] not in ("unknown", "unavailable"))
    assert (found[yard]["state"], found[yard]["label"]) == ("on", "person")
    sink.send(stored(story.visit("end", "a"), story.crossing(7, 9)))
    found = home.wait_for(is_at("binary_sensor.front_door_gate", "on"))
    assert (found[yard]["state"], found[inside]["state"]) == ("off", "0")
    assert [found[f"sensor.front_door_gate_{way}"]["state"] for way in ("in", "out")] == ["7", "9"]
    assert found["sensor.front_door_gate_in"]["state_class"] == "total_increasing"
    sink.close()
    found = home.wait_for(is_at(yard, "unavailable"))
    assert found["binary_sensor.front_door_agent"]["state"] == "off"

    renamed = opened(Watching("m", (WatchedRule("Tür/+#", lasts=True),)))
    renamed.tend()
    found = home.wait_for(is_at("binary_sensor.front_door_tur", "off"))
    assert found.keys() == {f"binary_sensor.front_door_{one}" for one in ("tur", "agent")} | {
        "sensor.front_door_last_notice"
    }
    time.sleep(talk._LET_GO_S)
    renamed.tend()
    renamed.close()

    off = opened(HOUSE, announced=False)
    off.tend()
    home.wait_for(lambda states: not states)
    time.sleep(talk._LET_GO_S)
    off.tend()
    off.close()
    assert home.close() == ""


def test_restarted_it_shows_the_states_again(tmp_path, broker, opened):
    sink = opened(Watching("m", (YARD, WatchedRule("gate")), ("gate",)))
    story = Story()
    sink.send(stored(story.visit("new"), story.crossing(3, 4)))
    for _ in range(2):
        home = Home(broker.port, tmp_path)
        found = home.wait_for(is_at("binary_sensor.front_door_person_in_yard", "on"))
        home.wait_for(is_at("sensor.front_door_gate_in", "3"))
        assert found["binary_sensor.front_door_gate"]["state"] in ("off", "unknown")
        assert home.close() == ""
    sink.close()


def test_a_hundred_rules_of_any_name(tmp_path, broker, opened):
    names = [f"{sign} {number}" for number in range(25) for sign in ("+/#", "Süd/東", "{{ x }}", "..")]
    sink = opened(Watching("m", tuple(WatchedRule(name, lasts=True, zone="z") for name in names)))
    sink.tend()
    home = Home(broker.port, tmp_path)
    home.wait_for(lambda states: len(states) == 202)
    assert home.close() == ""
    sink.close()
