"""What somebody sees who looks on at a terminal: figures that fit, and events in a line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from edgewright.agent import Agent, Event, Glance, Stored
from edgewright.agent.delivery.sinks.for_people import ForPeople, line
from edgewright.agent.events.event import about_agent, dropped
from edgewright.agent.onlooker import Rates, lines

LONG = "a label that goes on; " * 40
BUSY = Glance("macaw 0.98; kite 0.01", 90_000, 30_000, 0.0123, 12_345, 12_000, 3, 345)

# What an agent does -> its rates and how warm the machine is.
GLANCES = {
    "before the first frame": (Glance(), (0.0, 0.0), None),
    "a folder": (Glance("macaw 0.98", 4, 4, 0.012, 4, 4), (2.0, 2.0), None),
    "one event": (Glance("macaw 0.98", 1, 1, 0.012, 1, 1), (1.0, 1.0), 54.2),
    "a camera that is faster": (BUSY, (30.0, 10.1), 61.0),
    "a broker that is away": (
        Glance("macaw 0.98", 9, 9, 0.01, 9, waiting=9, troubles={"mqtts://broker/site": "cannot be reached"}),
        (9.0, 9.0), 40.0,
    ),
    "all in trouble": (
        Glance("", troubles={"source": "there is none (is the camera plugged in?)", "disk": "full", "stdout": LONG}),
        (0.0, 0.0), None,
    ),
    "a picture that is broken": (Glance("a.jpg: no picture", 1, 1, 0.0, 1, 1), (1.0, 1.0), None),
    "a result without end": (Glance(LONG, 1, 1, 2.5), (0.4, 0.4), 99.0),
    "wide letters": (Glance("金刚鹦鹉 0.98; " * 9, 1, 1, 2.5), (0.4, 0.4), None),
    "for a year": (Glance("x 1.00", 10**9, 10**9, 0.03, 10**9, 10**9, 0, 10**6), (30.0, 30.0), 50.0),
}  # fmt: skip


class TestLines:
    @pytest.mark.parametrize("width", [79, 119])
    @pytest.mark.parametrize("name", GLANCES)
    def test_the_figures_fit_and_the_most_important_are_there(self, name, width):
        glance, rates, warm_c = GLANCES[name]
        seen, figures, *troubles = lines(glance, rates, warm_c, width)
        assert seen == f"sees {glance.seen or 'nothing yet'}"
        assert len(figures) <= width
        for word in ("frames/s", "event", "sent", "waiting"):
            assert word in figures
        assert troubles == [f"{part}: {reason}" for part, reason in glance.troubles.items()]

    def test_with_more_room_it_says_more(self):
        (_, narrow), (_, wide) = (lines(BUSY, (30.0, 10.1), 61.0, width) for width in (79, 119))
        assert narrow == "10.1 of 30.0 frames/s · 12,345 events · 12,000 sent · 345 waiting"
        assert wide == f"{narrow} · 3 passed over · 61 °C · model 12.3 ms"


def test_rates_are_of_the_last_seconds():
    rates = Rates()
    assert rates.at(100.0, Glance()) == (0.0, 0.0)
    assert rates.at(100.5, Glance(captured=15, looked_at=5)) == (30.0, 10.0)
    for tick in range(1, 200):
        found = rates.at(100.5 + tick, Glance(captured=15 + 20 * tick, looked_at=5 + 10 * tick))
    assert found == (20.0, 10.0)
    assert len(rates._counted) < 10


MACAW = {"label": "macaw", "score": 0.986, "index": 89}
EVENTS = {
    "macaw 0.99 (a.jpg)": Event("s", "result", 0.0, {"kind": "x"}, {"picture": "a.jpg"}, observation=MACAW),
    "macaw 0.99": Event("s", "result", 0.0, {"kind": "x"}, observation=MACAW),
    "macaw 0.99 ": Event("s", "rule", 0.0, {"kind": "x"}, rule="macaw", observation=MACAW),
    "visitor: macaw 0.99": Event("s", "rule", 0.0, {"kind": "x"}, rule="visitor", observation=MACAW),
    "yard: macaw 0.99, begins": Event(
        "s", "rule", 0.0, rule="yard", observation=MACAW, visit={"phase": "new", "seconds": 0.0}
    ),
    "yard: macaw 0.99, goes on for 12.0 s": Event(
        "s", "rule", 0.0, rule="yard", observation=MACAW, visit={"phase": "update", "seconds": 12.0}
    ),
    "yard: macaw 0.99, ended after 1 min 5 s": Event(
        "s", "rule", 0.0, rule="yard", observation=MACAW, visit={"phase": "end", "seconds": 65.0}
    ),
    "gate: macaw 0.99, in over gate (3 in, 2 out)": Event(
        "s",
        "rule",
        0.0,
        rule="gate",
        observation=MACAW,
        place={"line": "gate", "direction": "in", "counts": {"in": 3, "out": 2}},
    ),
    "inside: macaw 0.99, 4 in yard": Event(
        "s", "rule", 0.0, rule="inside", observation=MACAW, place={"zone": "yard", "inside": 4}
    ),
    "nothing with a name (7)": Event("s", "result", 0.0, {"kind": "x"}, {"picture": "7"}),
    "dropped: count 3, reason size": dropped(3, "size", 0.0),
    "worker restarts: restarts 5": about_agent("worker restarts", 0.0, restarts=5),
    "picture refused: error no picture (b.jpg)": about_agent(
        "picture refused", 0.0, picture="b.jpg", error="no picture"
    ),
    "storage damaged: first 1, last 2": about_agent("storage damaged", 0.0, first=1, last=2),
    "red \ufffd[31m 0.99": Event("s", "result", 0.0, {}, observation=MACAW | {"label": "red \x1b[31m"}),
    "two lines 0.99": Event("s", "result", 0.0, {}, observation=MACAW | {"label": "two\nlines"}),
}


@pytest.mark.parametrize("said", EVENTS)
def test_an_event_is_one_line_with_its_time(said):
    told = line({"sequence": 1, **json.loads(EVENTS[said].to_json())})
    time, words = told[:19], told[20:]
    assert words == said.rstrip()
    assert (time[:2], time[4], time[13]) in {("19", "-", ":")}


def test_letters_that_a_terminal_cannot_write_stop_no_event():
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    seen = Event("s", "result", 0.0, {}, observation=MACAW | {"label": "Käse…"})
    assert ForPeople(terminal).send([Stored(1, seen.id, seen.to_json())]) == 1
    assert terminal.buffer.getvalue().endswith(b"K?se... 0.99\n")


def test_an_event_of_an_earlier_program_is_a_line_too():
    of_before = {
        "sequence": 1,
        "schema": 2,
        "id": "x",
        "source": "s",
        "kind": "result",
        "time": "2026-05-04T09:12:44.310Z",
    }
    assert line(of_before | {"picture": "a.jpg", "result": {}}).endswith("nothing with a name (a.jpg)")


def test_an_agent_at_work_can_be_looked_at_and_counts_are_of_this_run(small_model: Path, parrot: Path, tmp_path: Path):
    found: list[Glance | None] = []

    def look(event):
        found.append(agent.glance())

    for _ in range(2):
        agent = Agent(small_model, [parrot] * 3, sinks=[look], state=tmp_path / "state")
        assert agent.glance() is None
        agent.run()
        assert agent.glance() is None
    assert len(found) == 6
    assert found[-1] is not None
    assert found[-1].seen.startswith("macaw 0.")
    assert found[-1].captured >= found[-1].looked_at >= 1
    assert max(glance.sent for glance in found if glance) <= 3
    assert max(glance.events for glance in found if glance) == 3
