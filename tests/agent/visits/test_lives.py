"""Visits: one beginning and one end for each, whatever comes between them, restarts included."""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.agent.capture.clock import Clock
from edgewright.agent.capture.frame import Frame, Position
from edgewright.agent.events.event import Event
from edgewright.agent.events.lives.lives import KEPT, STALE_S, Lives, abandoned, visits_of
from edgewright.agent.events.lives.path import MOST, Path
from edgewright.agent.events.lives.visit import Now, Visit
from edgewright.agent.events.making import EventMaker
from edgewright.agent.events.rules.rule import Rule, RuleState
from edgewright.agent.events.sighting import Sighting
from edgewright.media import Box
from edgewright.task import Observation

from ...exploring import examples

START_S = 1_700_000_000.0
SIZE = (100, 200)


def person(track: int | None = None, score: float = 0.9, x: float = 50.0, label: str = "person") -> Observation:
    return Observation(label, score, 0, Box(x, 20, x + 20, 80), track=track)


class Scene:
    """Lives of one source whose clock is `self.time_s`; what a kill leaves of them is `self.kept`."""

    def __init__(self, *rules: Rule, lost_s: float = 2.0, **options: Any) -> None:
        self.rules, self.lost_s, self.options = rules, lost_s, options
        self.time_s, self.boot = 0.0, "boot"
        self.kept: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        self.restart()

    def clock(self) -> Clock:
        now = self.time_s
        return Clock(lambda: START_S + now, lambda: now, lambda: self.boot)

    def restart(self, after_s: float = 0.0, boot: str = "boot", rules: Iterable[Rule] | None = None) -> None:
        self.time_s += after_s
        self.boot = boot
        self.rules = tuple(self.rules if rules is None else rules)
        clock = Clock(lambda: START_S + self.time_s, lambda: self.time_s, lambda: boot)
        self.states = [RuleState(rule) for rule in self.rules]
        self.lives = Lives("door", self.rules, lost_s=self.lost_s, clock=clock, kept=self.kept)
        self._take(self.lives.begin())

    def look(self, *matching: Observation, after_s: float = 0.25, seen: Sequence[int] = (), ended: Sequence[int] = ()):
        """A picture; what is to be reported of it."""
        self.time_s += after_s
        tracks = frozenset((*seen, *(thing.track for thing in matching if thing.track is not None)))
        now = Now(START_S + self.time_s, self.time_s, size=SIZE, seen=tracks, ended=frozenset(ended), **self.options)
        found = []
        for state in self.states:
            found += self.lives.look(state, matching, now, lambda thing: {"result": {"of": thing.label}})
        return self._take(found)

    def close(self) -> list[dict[str, Any]]:
        return self._take(self.lives.close())

    def _take(self, events: Iterable[Event]) -> list[dict[str, Any]]:
        told = [json.loads(event.to_json()) for event in events]
        self.events += told
        for name, text in (self.lives.kept() | self.lives.lagging()).items():
            if text is None:
                self.kept.pop(name, None)
            else:
                self.kept[name] = text
        return told

    def phases(self) -> list[str]:
        return [event["visit"]["phase"] for event in self.events]


def phases(told: Iterable[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(event["visit"]["phase"], event["visit"]["track"]) for event in told]


class TestOneVisit:
    def test_it_begins_goes_on_and_ends_under_one_id(self):
        scene = Scene(Rule("yard", ("person",), update_s=1.0))
        for step in range(13):
            scene.look(person(7, x=10 + 10 * step))
        scene.look(ended=[7], after_s=2.25)
        assert scene.phases() == ["new", "update", "update", "update", "end"]
        assert len({event["visit"]["id"] for event in scene.events}) == 1
        assert len({event["id"] for event in scene.events}) == 5
        assert {(event["source"], event["rule"], event["kind"]) for event in scene.events} == {("door", "yard", "rule")}
        assert {event["visit"]["track"] for event in scene.events} == {7}
        assert not scene.kept

    def test_the_end_is_of_when_it_was_there_last(self):
        scene = Scene(Rule("yard", ("person",)))
        scene.look(person(7, 0.6))
        scene.look(person(7, 0.95, x=60), after_s=3.0)
        scene.look(person(7, 0.7, x=70), after_s=3.0)
        (end,) = scene.look(ended=[7], after_s=9.0)
        assert end["time"] == "2023-11-14T22:13:26.250Z"
        assert end["observation"] == {"label": "person", "score": 0.7, "index": 0, "box": [70, 20, 90, 80], "track": 7}
        assert (end["label"], end["score"], end["result"]) == ("person", 0.7, None)
        assert end["visit"] | {"id": ""} == {
            "id": "",
            "phase": "end",
            "track": 7,
            "began": "2023-11-14T22:13:20.250Z",
            "seconds": 6.0,
            "path": [[0.3, 0.8, 0.0], [0.35, 0.8, 3.0], [0.4, 0.8, 6.0]],
            "best": {"label": "person", "score": 0.95, "time": "2023-11-14T22:13:23.250Z"},
            "reason": "lost",
        }

    def test_updates_are_throttled_or_off(self):
        for update_s, count in ((10.0, 7), (0.125, 299), (math.inf, 0)):
            scene = Scene(Rule("yard", ("person",), update_s=update_s))
            for _ in range(300):
                scene.look(person(7))
            assert scene.phases().count("update") == count

    def test_one_that_is_not_seen_for_a_moment_goes_on(self):
        scene = Scene(Rule("yard", ("person",)))
        scene.look(person(7))
        assert scene.look(after_s=1.75) == []
        assert scene.look(person(7), after_s=0.25) == []
        assert phases(scene.look(after_s=2.25)) == [("end", 7)]

    def test_one_that_is_there_while_the_rule_holds_no_more_has_left(self):
        scene = Scene(Rule("yard", ("person",)))
        scene.look(person(7))
        for _ in range(8):
            assert scene.look(seen=[7]) == []
        (end,) = scene.look(seen=[7])
        assert end["visit"]["reason"] == "left"
        assert (end["visit"]["seconds"], end["time"]) == (0.0, "2023-11-14T22:13:20.250Z")

    def test_a_rule_may_say_itself_how_long_that_is(self):
        scene = Scene(Rule("yard", ("person",), lost_s=30.0), lost_s=0.0)
        scene.look(person(7))
        assert scene.look(after_s=30.0) == []
        assert phases(scene.look()) == [("end", 7)]

    def test_sounds_end_with_the_first_window_without_them(self):
        """They have neither boxes nor tracks."""
        scene = Scene(Rule("noise", ("dog", "glass")), lost_s=0.0)
        bark, crash = (Observation(label, 0.8, 0, span=(0.0, 1.0)) for label in ("dog", "glass"))
        told = [phases(scene.look(*heard, after_s=1.0)) for heard in ([bark], [bark, crash], [crash], [], [bark])]
        assert told == [[("new", None)], [("new", None)], [("end", None)], [("end", None)], [("new", None)]]
        ends = [event for event in scene.events if event["visit"]["phase"] == "end"]
        assert [(end["label"], end["visit"]["reason"], end["visit"]["seconds"]) for end in ends] == [
            ("dog", "left", 1.0), ("glass", "left", 1.0)
        ]  # fmt: skip
        assert {json.dumps(event["visit"]["path"]) for event in scene.events} == {"[]"}

    def test_what_a_rule_counts_is_one_visit(self):
        scene = Scene(Rule("crowd", ("person",), count=2))
        scene.look(person(1), person(2))
        scene.look(person(2), person(3))
        scene.look(after_s=3)
        assert phases(scene.events) == [("new", None), ("end", None)]

    def test_the_cooldown_holds_between_visits(self):
        scene = Scene(Rule("yard", ("person",), cooldown_s=10.0, update_s=math.inf))
        scene.look(person(1))
        assert scene.look(person(1), person(2), after_s=5.0) == []
        assert phases(scene.look(person(1), person(2), after_s=5.0)) == [("new", 2)]
        assert phases(scene.look(ended=[1, 2], after_s=5.0)) == [("end", 1), ("end", 2)]
        assert scene.look(person(3), after_s=9.0) == []
        assert phases(scene.look(person(3), after_s=1.0)) == [("new", 3)]

    def test_of_a_film_it_is_time_of_the_film(self):
        """Which is read as fast as the model goes: here a minute of it in no time."""
        rules = Rule("visits", ("person",), cooldown_s=30.0), Rule("sees", ("person",), cooldown_s=30.0, life=False)
        maker = EventMaker("film", rules, has_lives=True, lost_s=1.0)
        found = []
        for second in range(60):
            frame = Frame(b"", captured_s=1e9, position=Position(second, float(second)))
            there = (person(second),) if second % 10 == 0 else ()
            found += [(event.rule, second) for event in maker.events(frame, Sighting(things=there, is_tracked=True))
                      if event.visit is None or event.visit["phase"] == "new"]  # fmt: skip
        assert [second for rule, second in found if rule == "sees"] == [0, 30]
        assert [second for rule, second in found if rule == "visits"] == [0, 40], "the first had ended after 2 seconds"

    def test_a_video_that_begins_anew_ends_nothing_and_lasts_no_less(self):
        scene = Scene(Rule("yard", ("person",)))
        scene.look(person(1), after_s=100.0)
        scene.look(person(1), after_s=5.0)
        scene.time_s = 0.0
        assert scene.look(person(1)) == []
        assert scene.look() == []
        (end,) = scene.look(after_s=2.25)
        assert end["visit"]["seconds"] == 5.0

    def test_all_end_with_the_source(self):
        scene = Scene(Rule("yard", ("person",)), Rule("crowd", ("person",), count=2))
        scene.look(person(1), person(2))
        assert {(end["rule"], end["visit"]["phase"], end["visit"]["reason"]) for end in scene.close()} == {
            ("yard", "end", "stopped"), ("crowd", "end", "stopped")
        }  # fmt: skip
        assert (scene.close(), scene.kept) == ([], {})


class TestRestart:
    def test_one_who_is_still_there_goes_on_with_the_same_visit(self):
        scene = Scene(Rule("yard", ("person",)))
        scene.look(person(7, 0.95))
        scene.look(person(7, 0.7), after_s=4.0)
        scene.restart(after_s=3.0)
        assert [(thing.track, time_s) for thing, time_s in scene.lives.things] == [(7, None)]
        assert scene.look(person(7, 0.8), after_s=1.0) == []
        (end,) = scene.look(ended=[7], after_s=3.0)
        assert phases(scene.events) == [("new", 7), ("end", 7)]
        assert len({event["visit"]["id"] for event in scene.events}) == 1
        assert (end["visit"]["seconds"], end["visit"]["reason"]) == (8.0, "lost")
        assert end["visit"]["best"]["score"] == 0.95
        assert [point[2] for point in end["visit"]["path"]] == [0.0, 4.0, 8.0]

    def test_one_who_is_gone_is_told_with_when_he_was_seen_last(self):
        """So many seconds of the source's pictures are waited for, however long the agent was away."""
        scene = Scene(Rule("yard", ("person",)))
        scene.look(person(7))
        scene.look(person(7), after_s=4.0)
        scene.restart(after_s=60.0)
        assert scene.look(after_s=10.0) == []
        assert scene.look(after_s=2.0) == []
        (end,) = scene.look()
        assert (end["visit"]["reason"], end["visit"]["seconds"], end["time"]) == (
            "restart", 4.0, "2023-11-14T22:13:24.250Z"
        )  # fmt: skip
        assert phases(scene.events) == [("new", 7), ("end", 7)]
        assert not scene.kept

    def test_by_a_clock_of_the_source_time_goes_on_as_if_nothing_had_been(self):
        scene = Scene(Rule("yard", ("person",)), has_clock=True)
        scene.look(person(7), person(8))
        scene.look(person(8), after_s=1.0)
        before_s = scene.time_s
        scene.restart()
        assert [(thing.track, time_s) for thing, time_s in scene.lives.things] == [(8, before_s), (7, before_s - 1)]
        scene.time_s = before_s
        assert scene.look(person(8), after_s=1.0) == []
        (end,) = scene.look(person(8))
        assert (end["visit"]["track"], end["visit"]["reason"]) == (7, "restart")

    def test_what_a_rule_remembers_of_a_track_may_come_back_first(self):
        """A rule about those who stay for a while does not hold for anybody in the first seconds."""
        scene = Scene(Rule("stays", stays_s=10.0, update_s=math.inf))
        scene.look(person(7))
        scene.restart(after_s=1.0)
        for _ in range(40):
            assert scene.look(seen=[7]) == []
        assert scene.look(person(7)) == []
        assert phases(scene.look(ended=[7], after_s=2.25)) == [("end", 7)]

    def test_what_was_long_ago_is_told_at_once(self):
        for boot in ("boot", "another"):
            scene = Scene(Rule("yard", ("person",)))
            scene.look(person(7))
            scene.restart(after_s=STALE_S + 1, boot=boot)
            assert phases(scene.events) == [("new", 7), ("end", 7)]
            assert scene.lives.things == []
            assert not scene.kept

    def test_time_of_another_boot_does_not_count(self):
        scene = Scene(Rule("yard", ("person",)))
        scene.look(person(7))
        scene.look(person(7), after_s=4.0)
        scene.restart(after_s=50.0, boot="another")
        scene.look(person(7), after_s=1.0)
        (end,) = scene.look(person(7), ended=[7], after_s=3.0)
        assert end["visit"]["seconds"] == 4.0

    def test_of_a_rule_that_is_no_more_they_end_at_once(self):
        scene = Scene(Rule("yard", ("person",)), Rule("door", ("person",)))
        scene.look(person(7))
        scene.restart(rules=[Rule("door", ("person",))])
        assert [(event["rule"], *phases([event])[0]) for event in scene.events[2:]] == [("yard", "end", 7)]
        assert scene.events[-1]["visit"]["reason"] == "restart"
        scene.look(ended=[7])
        assert scene.phases() == ["new", "new", "end", "end"]

    def test_those_of_other_sources_are_not_touched(self):
        scene = Scene(Rule("yard", ("person",)))
        scene.look(person(7))
        other = Lives("garage", scene.rules, lost_s=2.0, kept=scene.kept)
        assert (other.begin(), other.things, other.close(), other.kept()) == ([], [], [], {})

    def test_of_a_source_that_is_no_more_they_end_at_once(self):
        scene = Scene(Rule("yard", ("person",)))
        scene.look(person(7))
        assert abandoned(scene.kept, {"door", "garage"}) == ([], {})
        (end,), gone = abandoned(scene.kept, {"garage"})
        assert (end.source, end.visit["phase"], end.visit["reason"]) == ("door", "end", "restart")
        assert gone == dict.fromkeys(scene.kept)

    def test_what_cannot_be_read_is_kept_no_more(self, caplog):
        texts = ("", "[]", '{"id": 1}', "{" * 100_000, '{"stamp": [1, 2, 3, 4], "best": 7}')
        kept = {f"{KEPT}{number}": text for number, text in enumerate(texts)}
        assert visits_of(kept | {"line/gate": "{}"}) == {}
        assert abandoned(kept | {"line/gate": "{}"}, {"door"}) == ([], dict.fromkeys(kept))
        assert caplog.text.count("cannot be read") == len(texts)


@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize("seed", range(examples(40)))
def test_every_visit_has_one_beginning_and_one_end_through_any_restarts(tracked, seed):
    """Things come, go, hide and are tracked anew, at random; the agent is killed and goes on from what it kept."""
    chance = random.Random(seed)
    scene = Scene(Rule("yard", ("person", "dog"), update_s=1.0, cooldown_s=chance.choice((0.0, 1.0))))
    there: dict[int, Observation] = {}
    for number in range(60):
        move(there, number, chance, tracked)
        ended = [number for number in list(range(60)) if number not in there and chance.random() < 0.5]
        hidden = {key for key in there if chance.random() < 0.2}
        scene.look(
            *(thing for key, thing in there.items() if key not in hidden),
            after_s=chance.choice((0.1, 0.5, 3.0)),
            ended=ended if tracked else (),
        )
        if chance.random() < 0.15:
            scene.restart(chance.choice((0.1, 5.0, 300.0)), chance.choice(("boot", "another")))
    scene.close()
    assert not scene.kept
    visits: dict[str, list[dict[str, Any]]] = {}
    for event in scene.events:
        visits.setdefault(event["visit"]["id"], []).append(event["visit"])
    for events in visits.values():
        assert [visit["phase"] for visit in events] == ["new", *["update"] * (len(events) - 2), "end"]
        assert [visit["seconds"] for visit in events] == sorted(visit["seconds"] for visit in events)
        assert len({(visit["began"], visit["track"]) for visit in events}) == 1
        assert all(len(visit["path"]) <= MOST for visit in events)


def move(there: dict[int, Observation], number: int, chance: random.Random, tracked: bool) -> None:
    for key in [key for key in there if chance.random() < 0.2]:
        del there[key]
    if chance.random() < 0.5:
        label = chance.choice(("person", "dog"))
        there[number] = person(number if tracked else None, chance.random() / 2 + 0.5, chance.uniform(0, 150), label)


class TestPath:
    def test_hours_are_summarized_in_a_few_points(self):
        path = Path()
        for step in range(100_000):
            path.add(step / 100_000, 0.5, step / 25)
            assert len(path.points()) <= MOST
        points = path.points()
        assert points[0] == [0.0, 0.5, 0.0]
        assert points[-1] == [1.0, 0.5, 3999.96]
        assert len(points) >= MOST // 2
        steps = [after[2] - before[2] for before, after in itertools.pairwise(points[:-1])]
        assert max(steps) < 1.1 * min(steps)

    @given(st.lists(st.floats(0.01, 1000), max_size=100), st.lists(st.booleans(), min_size=100, max_size=100))
    def test_it_is_bounded_and_goes_on_where_it_was_kept(self, steps, kept):
        path, seconds = Path(), 0.0
        for step, keep in zip(steps, kept, strict=False):
            seconds += step
            path.add(0.5, 0.5, seconds)
            points = path.points()
            assert 1 <= len(points) <= MOST
            assert points[-1][2] == round(seconds, 3)
            assert points == sorted(points)
            if keep:
                path = Path.of(json.loads(json.dumps(path.to_dict())))
                assert path.points()[-1] == points[-1]


@given(st.text(max_size=20), st.floats(0, 1), st.sampled_from([None, 3, "label"]))
def test_a_visit_is_read_as_it_was_written(label, score, key):
    clock, now = Clock(), Now(START_S, 5.0, True, SIZE, {"picture": "café \udce9.jpg", "position": {"frame": 3}})
    thing = Observation(label, score, 0, Box(1.0, 2.0, 30.0, 40.0), track=key if isinstance(key, int) else None)
    visit = Visit.begin("door", "yard", key, thing, now, clock, "bottom")
    again = Visit.of(visit.to_json())
    assert again.to_json() == visit.to_json()
    assert again.event("end", "lost").to_dict() | {"id": ""} == visit.event("end", "lost").to_dict() | {"id": ""}
