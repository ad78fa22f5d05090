"""Visits through a whole agent: who comes, stays and goes is one event with a beginning and an end."""

from __future__ import annotations

from typing import Any

import pytest

from edgewright.agent import Rule, Tracking, Zone

from .walking import Walker, sightings

YARD = Zone("yard", [(0.5, 0), (1, 0), (1, 1), (0.5, 1)])


def stands(x: float, begin_s: float, end_s: float, label: str = "person") -> Walker:
    return Walker((x, 300), (x + 10, 300), begin_s, end_s, label=label)


def told(events: list[dict[str, Any]]) -> list[tuple[str, str, Any]]:
    return [(event["rule"], event["visit"]["phase"], event["visit"]["reason"]) for event in events]


def test_each_visitor_has_one_beginning_and_one_end_and_there_is_a_picture_of_the_beginning(watch):
    scene = list(sightings([stands(100, 0, 6), stands(400, 2, 4), stands(250, 5, 12, "dog")], 14, 5))
    events = watch(scene, rules=[Rule("seen", ("person", "dog"))], tracking=True, snapshots="send")
    visits: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        visits.setdefault(event["visit"]["id"], []).append(event)
    assert [[event["visit"]["phase"] for event in visit] for visit in visits.values()] == [["new", "end"]] * 3
    assert [visit[0]["label"] for visit in visits.values()] == ["person", "person", "dog"]
    assert [visit[1]["visit"]["seconds"] for visit in visits.values()] == pytest.approx([5.6, 1.6, 6.6], abs=0.01)
    assert [visit[1]["visit"]["reason"] for visit in visits.values()] == ["lost", "lost", "stopped"]
    assert len({visit[0]["visit"]["track"] for visit in visits.values()}) == 3
    assert all("snapshot_jpeg" in begin and "snapshot_jpeg" not in end for begin, end in visits.values())
    assert all(begin["result"]["detections"] and end["result"] is None for begin, end in visits.values())
    ends = [end for _, end in visits.values()]
    assert [end["position"]["seconds"] for end in ends] == pytest.approx([6.0, 4.0, 12.0])


def test_who_leaves_the_zone_has_left_though_he_is_there(watch):
    walker = [Walker((400, 300), (500, 300), 0, 5), Walker((500, 300), (100, 300), 5.1, 25)]
    scene = list(sightings(walker, 25, 5))
    events = watch(scene, rules=[Rule("yard", ("person",), zone="yard", update_s=60)], zones=[YARD], tracking=True)
    assert told(events) == [("yard", "new", None), ("yard", "end", "left")]
    assert events[0]["place"] == {"zone": "yard", "inside": 1}
    assert events[1]["visit"]["path"][0][0] > 0.6


def test_a_label_has_a_life_without_tracks_where_that_is_asked_for(watch):
    scene = list(sightings([stands(100, 0, 3), stands(400, 2, 5), stands(100, 12, 14)], 20, 5))
    rule = Rule("seen", ("person",), life=True, lost_s=3.0)
    events = watch(scene, rules=[rule, Rule("plain", ("person",), count=2)])
    assert {event["visit"] is None for event in events if event["rule"] == "plain"} == {True}
    visits = [event for event in events if event["rule"] == "seen"]
    assert told(visits) == [("seen", "new", None), ("seen", "end", "left")] * 2
    assert {event["visit"]["track"] for event in visits} == {None}


def test_where_things_are_tracked_a_rule_may_do_without(watch):
    scene = list(sightings([stands(100, 0, 3)], 4, 5))
    events = watch(scene, rules=[Rule("seen", ("person",), life=False)], tracking=Tracking(hits=1))
    assert len(events) > 10
    assert {event["visit"] for event in events} == {None}


def test_an_open_visit_of_a_source_that_is_no_more_ends_at_the_next_start(watch, tmp_path):
    """As does one of a rule that is no more; it is told once."""
    from edgewright.agent import Outbox
    from edgewright.agent.capture.clock import Clock
    from edgewright.agent.delivery.outbox import Entry
    from edgewright.agent.events.lives.lives import KEPT
    from edgewright.agent.events.lives.visit import Now, Visit
    from edgewright.task import Observation

    (tmp_path / "state").mkdir()
    outbox = Outbox(tmp_path / "state" / "outbox.db")
    for source, rule in (("gone", "seen"), ("iterator", "gone")):
        thing = Observation("dog", 0.8, 1)
        visit = Visit.begin(source, rule, "dog", thing, Now(1_780_000_000.0, 1.0), Clock(), "bottom")
        outbox.append([Entry(source, (visit.event("new"),), kept={f"{KEPT}{visit.id}": visit.to_json()})])
    assert len(outbox.kept(KEPT)) == 2
    outbox.close()
    scene = list(sightings([], 1, 5))
    events = [event for event in watch(scene, rules=[Rule("seen", ("dog",))]) if event["visit"]["phase"] == "end"]
    assert sorted((event["source"], *told([event])[0]) for event in events) == [
        ("gone", "seen", "end", "restart"), ("iterator", "gone", "end", "restart")
    ]  # fmt: skip
    assert watch(scene, rules=[Rule("seen", ("dog",))]) == []
