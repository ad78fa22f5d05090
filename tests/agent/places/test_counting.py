"""Lines count through the real tracker: 200 crossings, with a perfect detector and with a bad one."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.agent import Line, Tracking, Zone
from edgewright.agent.events.places.places import Counted, Places
from edgewright.agent.events.places.scene import Scene
from edgewright.agent.events.sighting import Sighting
from edgewright.agent.inference.following import Follower
from edgewright.media import Box
from edgewright.task import Observation

from .walking import BAD, NONE, SIZE, Noise, Walker, sightings

GATE = Line("gate", [(0.05, 0.55), (0.95, 0.55)])
COUNTED = {"gate": [Counted(("person",), 0.5)]}


def crowd(count: int, seed: int) -> tuple[list[Walker], float, dict[str, int]]:
    """So many who cross the gate, several at a time and both ways; how long it takes, and what is true."""
    random = np.random.default_rng(seed)
    walkers, truth, begin_s = [], {"in": 0, "out": 0}, 0.0
    for _ in range(count):
        x, other = random.uniform(120, 520, 2)
        top, bottom = random.uniform(110, 200), random.uniform(330, 470)
        takes_s, is_in = random.uniform(2.5, 6), random.random() < 0.5
        way = ((x, top), (other, bottom)) if is_in else ((other, bottom), (x, top))
        walkers.append(Walker(*way, begin_s, begin_s + takes_s))
        truth["in" if is_in else "out"] += 1
        begin_s += random.uniform(0.8, 2.5)
    return walkers, begin_s + 8, truth


def counted(walkers: list[Walker], seconds: float, rate: float, noise: Noise, seed: int) -> dict[str, int]:
    follower, places = Follower(Tracking(), "gate"), Places(lines=[GATE], counted=COUNTED)
    for time_s, seen in sightings(walkers, seconds, rate, noise, seed):
        look(places, follower.follow(seen, time_s), time_s)
    return places.line("gate").counts


def look(places: Places, seen: Sighting, time_s: float) -> None:
    places.look(Scene(seen.tracks, seen.ended, seen.size, time_s, seen.began))


def wrong(counts: dict[str, int], truth: dict[str, int]) -> int:
    return sum(abs(counts[way] - truth[way]) for way in truth)


@pytest.mark.parametrize(("rate", "seed"), [(5, 0), pytest.param(25, 0, marks=pytest.mark.extras)])
def test_nothing_is_counted_wrong_in_200_crossings(rate, seed):
    walkers, seconds, truth = crowd(200, seed)
    assert counted(walkers, seconds, rate, NONE, seed) == truth


@pytest.mark.parametrize(
    ("rate", "seed"),
    [(5, 0), *(pytest.param(rate, seed, marks=pytest.mark.extras) for rate in (25, 5) for seed in (1, 2, 3))],
)
def test_at_most_two_of_200_with_a_bad_detector(rate, seed):
    walkers, seconds, truth = crowd(200, seed)
    assert wrong(counted(walkers, seconds, rate, BAD, seed), truth) <= 2


class TestWhoStandsOnTheLine:
    def test_trembling_counts_nothing(self):
        """Three minutes with the feet on the line, each picture off by 3% of the size."""
        standing = [Walker((300, 264), (300.01, 264), 0, 180)]
        assert counted(standing, 180, 5, Noise(off=0.03), 0) == {"in": 0, "out": 0}

    def test_over_it_and_back_is_nothing_and_over_it_at_last_is_once(self):
        ways = [((300, 200), (300, 268), 0, 3), ((300, 268), (300, 256), 3, 6), ((300, 256), (300, 268), 6, 9)]
        walkers = [Walker(*way) for way in ways]
        assert counted(walkers, 9, 10, NONE, 0) == {"in": 0, "out": 0}
        walkers.append(Walker((300, 268), (300, 400), 9, 12))
        assert counted(walkers, 12, 10, NONE, 0) == {"in": 1, "out": 0}

    def test_beside_the_line_is_not_over_it(self):
        short = Places(lines=[Line("gate", [(0.4, 0.55), (0.6, 0.55)])])
        follower = Follower(Tracking(), "gate")
        for time_s, seen in sightings(
            [Walker((100, 150), (100, 400), 0, 5), Walker((320, 150), (320, 400), 0, 5)], 6, 10
        ):
            look(short, follower.follow(seen, time_s), time_s)
        assert short.line("gate").counts == {"in": 1, "out": 0}


def test_counts_and_the_numbers_of_tracks_survive_and_nonsense_does_not():
    places = Places(lines=[GATE], kept={"line/gate": '{"in": 3, "out": 4}', "line/other": "1"})
    assert places.line("gate").counts == {"in": 3, "out": 4}
    for nonsense in ("", "[]", "null", '{"in": "x"}', "{", '{"in": -3, "out": 1e999}'):
        assert Places(lines=[GATE], kept={"line/gate": nonsense}).line("gate").counts == {"in": 0, "out": 0}
        assert Follower(Tracking(), "gate", kept={"tracks/gate": nonsense}).kept() == {}


def test_things_of_different_labels_are_different_tracks():
    follower = Follower(Tracking(hits=1), "gate")
    box = Box(100, 100, 140, 200)
    both = tuple(Observation(label, 0.9, 0, box=box) for label in ("person", "dog"))
    first = follower.follow(Sighting(things=both, size=SIZE), 0.0)
    second = follower.follow(Sighting(things=both[::-1], size=SIZE), 0.2)
    assert [thing.track for thing in first.things] == [thing.track for thing in second.things[::-1]]
    assert len({thing.track for thing in first.things}) == 2
    only = follower.follow(Sighting(things=both[1:], size=SIZE), 5.0)
    assert [(thing.label, thing.box) for thing in only.ended] == [("person", box), ("dog", box)] or only.ended == ()


def test_a_picture_without_a_result_ends_no_track():
    follower = Follower(Tracking(hits=1), "gate")
    thing = Observation("person", 0.9, 0, box=Box(100, 100, 140, 200))
    (before,) = follower.follow(Sighting(things=(thing,), size=SIZE), 0.0).things
    broken = Sighting(error="torn")
    assert follower.follow(broken, 0.2) is broken
    (after,) = follower.follow(Sighting(things=(thing,), size=SIZE), 0.4).things
    assert before.track == after.track


class TestZones:
    YARD = Zone("yard", [(0.5, 0), (1, 0), (1, 1), (0.5, 1)])

    def test_who_trembles_at_the_border_comes_once(self):
        """A minute each at places around the border of a zone."""
        for x in (312, 318, 322, 330):
            places, follower = Places([self.YARD]), Follower(Tracking(), "gate")
            came = went = 0
            walkers = [Walker((200, 300), (x, 300), 0, 4), Walker((x, 300), (x + 0.01, 300), 4, 60)]
            for time_s, seen in sightings(walkers, 60, 5, Noise(off=0.03)):
                presence = places.presence("yard", "bottom")
                look(places, follower.follow(seen, time_s), time_s)
                came, went = came + len(presence.entered), went + len(presence.left)
            assert came <= 1
            assert went <= 1

    def test_who_is_there_at_first_has_not_come(self):
        places, follower = Places([self.YARD]), Follower(Tracking(), "gate")
        came: list[float] = []
        for time_s, seen in sightings(
            [Walker((400, 300), (410, 300), 0, 9), Walker((500, 300), (510, 300), 5, 9)], 10, 5
        ):
            presence = places.presence("yard", "bottom")
            look(places, follower.follow(seen, time_s), time_s)
            came += [time_s] * len(presence.entered)
        assert len(came) == 1
        assert came[0] >= 5
