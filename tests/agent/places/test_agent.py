"""Rules about zones and lines through a whole agent: what is staged comes out as events."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.agent import Line, Rule, Tracking, Zone
from edgewright.agent.events.sighting import Sighting
from edgewright.media import Box
from edgewright.task import Observation

from .walking import SIZE, Walker, sightings

YARD = Zone("yard", [(0.5, 0), (1, 0), (1, 1), (0.5, 1)])
GATE = Line("gate", [(0.1, 0.5), (0.9, 0.5)])


def down(begin_s: float, x: float = 300, label: str = "person") -> Walker:
    """Who goes in over the gate."""
    return Walker((x, 150), (x + 20, 400), begin_s, begin_s + 4, label=label)


def up(begin_s: float, x: float = 300) -> Walker:
    return Walker((x, 400), (x + 20, 150), begin_s, begin_s + 4)


class TestLines:
    def test_each_crossing_is_an_event_with_its_direction_and_the_counts(self, watch):
        scene = list(sightings([down(0), up(5, 100), down(5, 500), down(10, label="dog")], 15, 5))
        events = watch(scene, rules=[Rule("passed", ("person",), crosses="gate")], lines=[GATE])
        told = [(event["place"]["direction"], event["place"]["counts"]) for event in events]
        assert [direction for direction, _ in told] == ["in", *sorted(direction for direction, _ in told[1:])]
        assert told[-1][1] == {"in": 2, "out": 1}
        assert {event["place"]["line"] for event in events} == {"gate"}
        assert len({event["observation"]["track"] for event in events}) == 3

    def test_one_direction(self, watch):
        scene = list(sightings([down(0), up(5)], 10, 5))
        (event,) = watch(scene, rules=[Rule("left", ("person",), crosses="gate", direction="out")], lines=[GATE])
        # What is no event is counted none the less.
        assert event["place"] == {"line": "gate", "direction": "out", "counts": {"in": 1, "out": 1}}

    def test_counts_and_numbers_of_tracks_go_on_after_a_restart(self, watch):
        rules, scene = [Rule("passed", crosses="gate")], list(sightings([down(0)], 6, 5))
        (before,) = watch(scene, rules=rules, lines=[GATE])
        (after,) = watch(scene, rules=rules, lines=[GATE])
        assert (before["place"]["counts"]["in"], after["place"]["counts"]["in"]) == (1, 2)
        assert after["observation"]["track"] > before["observation"]["track"]

    def test_two_who_cross_in_one_picture_are_two_events(self, watch):
        scene = list(sightings([down(0, 150), down(0, 450)], 6, 5))
        events = watch(scene, rules=[Rule("passed", crosses="gate")], lines=[GATE])
        assert len({event["observation"]["track"] for event in events}) == len(events) == 2
        assert events[-1]["place"]["counts"] == {"in": 2, "out": 0}


class TestZones:
    def test_who_is_inside_without_tracks(self, watch):
        scene = list(sightings([Walker((100, 300), (500, 300), 0, 4)], 4, 5))
        events = watch(scene, rules=[Rule("inside", ("person",), zone="yard")], zones=[YARD])
        assert {event["place"]["zone"] for event in events} == {"yard"}
        assert all(event["observation"]["box"][0] + 20 > 319 for event in events)
        assert "track" not in events[0]["observation"]

    def test_how_many_are_inside(self, watch):
        walkers = [Walker((400 + 60 * i, 300), (400 + 60 * i, 310), i, 8) for i in range(3)]
        scene = list(sightings([*walkers, Walker((100, 300), (110, 300), 0, 8)], 8, 5))
        events = watch(scene, rules=[Rule("crowd", ("person",), zone="yard", count=3)], zones=[YARD])
        assert {event["place"]["inside"] for event in events} == {3}
        assert events[0]["position"]["seconds"] >= 2

    def test_coming_and_going(self, watch):
        ways = [((100, 300), (420, 300), 0, 5), ((420, 300), (422, 300), 5, 6.5), ((422, 300), (100, 300), 6.5, 12)]
        walker = [Walker(*way) for way in ways]
        rules = [Rule("comes", ("person",), enters="yard"), Rule("goes", ("person",), leaves="yard")]
        events = watch(list(sightings(walker, 14, 5)), rules=rules, zones=[YARD])
        assert [event["rule"] for event in events] == ["comes", "goes"]
        assert [event["place"]["inside"] for event in events] == [1, 0]

    def test_who_vanishes_inside_has_left(self, watch):
        walker = Walker((100, 300), (560, 300), 0, 4)
        rules = [Rule("goes", ("person",), leaves="yard")]
        (event,) = watch(list(sightings([walker], 10, 10)), rules=rules, zones=[YARD])
        assert 4 + 2 <= event["position"]["seconds"] <= 4 + 2.5
        assert event["observation"]["box"][0] > 500

    def test_who_stays(self, watch):
        walkers = [Walker((400, 300), (410, 310), 0, 8), Walker((340, 200), (620, 200), 0, 2)]
        scene = [(time_s, seen) for time_s, seen in sightings(walkers, 10, 5) if not 3 < time_s < 4.5]
        rules = [Rule("loiters", ("person",), zone="yard", stays_s=5, cooldown_s=60)]
        event, end = watch(scene, rules=rules, zones=[YARD])
        assert end["visit"]["phase"] == "end"
        assert 5 <= event["position"]["seconds"] <= 6
        assert event["place"] == {"zone": "yard", "inside": 1}


def test_things_below_the_threshold_continue_a_track_and_are_in_no_result(watch):
    def picture(number: int) -> tuple[float, Sighting]:
        score = 0.15 if 8 < number < 12 else 0.9
        box = Box(290, 50 + 10 * number, 330, 150 + 10 * number)
        return number / 5, Sighting(things=(Observation("person", score, 0, box=box),), size=SIZE)

    scene = [picture(number) for number in range(25)]
    rules = [Rule("passed", ("person",), crosses="gate"), Rule("there", ("person",), life=False)]
    events = watch(scene, rules=rules, lines=[GATE], tracking=Tracking(lost_s=0.3))
    there = [event for event in events if event["rule"] == "there"]
    assert {event["observation"]["track"] for event in there} == {1}
    unsure = [event for event in there if event["observation"]["score"] < 0.3]
    assert len(unsure) == 3
    assert all(event["result"]["detections"] == [] for event in unsure)
    assert [event["place"]["counts"] for event in events if event["rule"] == "passed"] == [{"in": 1, "out": 0}]


def test_without_rules_each_event_says_the_track_of_its_observation(watch):
    scene = list(sightings([Walker((100, 300), (500, 300), 0, 4)], 4, 5))
    tracks = [event["observation"].get("track") for event in watch(scene, tracking=True)]
    assert tracks[:2] == [None, None]  # Two pictures make no track.
    assert set(tracks[2:]) == {1}


@pytest.mark.parametrize("rate", [25, 5])
def test_what_is_not_confirmed_counts_nowhere(watch, rate):
    """False boxes that jump over a line: each is seen once."""
    random = np.random.default_rng(rate)
    places = random.uniform([20, 120], [600, 470], (8 * rate, 2))
    boxes = [Box(x, y - 100, x + 40, y) for x, y in places.tolist()]
    scene = [
        (i / rate, Sighting(things=(Observation("person", 0.9, 0, box=box),), size=SIZE)) for i, box in enumerate(boxes)
    ]
    rules = [Rule("passed", crosses="gate"), Rule("comes", enters="yard"), Rule("inside", zone="yard")]
    events = watch(scene, rules=rules, lines=[GATE], zones=[YARD])
    assert [event["rule"] for event in events if event["rule"] == "passed"] == []
    assert all(event["observation"]["track"] > 0 for event in events)
