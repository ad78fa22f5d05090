"""A run whose actors die of some inputs: what they died of is found by halves, and all other inputs have their rows."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from edgewright import __version__
from edgewright.errors import ChildCrashError
from edgewright.scale import Manifest, read_rows
from edgewright.scale.clusters import driver
from edgewright.scale.clusters.pool import Outcome, Pool
from edgewright.scale.clusters.session import Session
from edgewright.scale.deaths import died_of
from edgewright.scale.rows.row import row_of_error, to_bytes
from edgewright.scale.sharding import DEATHS

DIED = "its process died"


class Hands:
    """Stands for a pool of actors: one that is given an input of `deadly` dies, and another takes its place."""

    deadly: frozenset[int] = frozenset()
    work = None

    def __init__(self, session, make, size):
        self.jobs = deque()

    def newcomers(self):
        return []

    def has_room(self):
        return len(self.jobs) < 2

    def give(self, job, entries, first):
        self.jobs.append((job, entries))

    def outcomes(self):
        job, entries = self.jobs.popleft()
        if self.deadly & {job.first + place for place in range(len(entries))}:
            waiting, self.jobs = list(self.jobs), deque()
            return [Outcome(job, died=DIED), *(Outcome(other, died=DIED, begun=False) for other, _ in waiting)]
        rows = [row_of_error(job.first + place, one.name, "read", self.work) for place, one in enumerate(entries)]
        return [Outcome(job, value={"result": to_bytes(rows)})]

    def close(self):
        pass


@pytest.mark.parametrize("deadly", [{3}, {0, 24}, {7, 8}, set(range(25))])
def test_what_actors_die_of_is_found_by_halves(tmp_path, pictures, work, monkeypatch, deadly):
    ray = SimpleNamespace(put=lambda value: value, remote=lambda **_: lambda kind: kind)

    @contextmanager
    def opened(*_):
        yield Session(ray, "Ray", 1, tmp_path)

    monkeypatch.setattr(driver, "opened", opened)
    monkeypatch.setattr(driver, "Pool", type("Pool", (Hands,), {"deadly": frozenset(deadly), "work": work}))
    manifest = Manifest.make(tmp_path / "out", [str(pictures)], work, piece=10)
    assert driver.run_on_ray(manifest, work) == 25
    rows = list(read_rows(tmp_path / "out"))
    assert [row["index"] for row in rows] == list(range(25))
    left = {row["index"] for row in rows if "2 workers died of it, so it is left: " + DIED in row["error"]}
    assert left == deadly
    assert {index for index, _ in died_of(tmp_path / "out" / DEATHS)} == deadly


class GoneError(Exception):
    """What Ray raises of an actor that is dead."""


class Answer:
    """What an actor will have said, once it is asked for."""

    def __init__(self, say):
        self.say = say


class Method:
    def __init__(self, call):
        self.call = call

    def remote(self, *given):
        return Answer(lambda: self.call(*given))


class Actor:
    """Dies of the inputs of `deadly`; from then on it answers for nothing."""

    def __init__(self, deadly, work):
        self.deadly, self.work, self.is_dead = deadly, work, False
        self.start, self.do, self.close = Method(lambda: (__version__, "cpu")), Method(self._do), Method(lambda: None)

    def _do(self, entries, first):
        self.is_dead = self.is_dead or any(first + place in self.deadly for place in range(len(entries)))
        if self.is_dead:
            raise GoneError("the actor died")
        rows = [row_of_error(first + place, one.name, "read", self.work) for place, one in enumerate(entries)]
        return {"result": to_bytes(rows)}


class Ray:
    """Stands for Ray: actors do what they are asked for when somebody looks."""

    exceptions = SimpleNamespace(RayError=GoneError, RayTaskError=type("RayTaskError", (GoneError,), {}))

    def __init__(self, deadly, work):
        self.made = []
        self._make = lambda: self.made.append(Actor(deadly, work)) or self.made[-1]

    def put(self, value):
        return value

    def remote(self, **_):
        return lambda kind: SimpleNamespace(remote=lambda *_: self._make())

    def get(self, answer, timeout=None):
        return [one.say() for one in answer] if isinstance(answer, list) else answer.say()

    def wait(self, answers, **_):
        return answers[:1], answers[1:]

    def kill(self, actor):
        actor.is_dead = True


@pytest.mark.parametrize("cores", [1, 3])
def test_an_input_of_the_sample_that_takes_actors_down_harms_no_other(tmp_path, pictures, work, monkeypatch, cores):
    ray = Ray({12}, work)

    @contextmanager
    def opened(*_):
        yield Session(ray, "Ray far away", cores)

    monkeypatch.setattr(driver, "opened", opened)
    manifest = Manifest.make(tmp_path / "out", [str(pictures)], work, piece=10)
    assert driver.run_on_ray(manifest, work) == 25
    left = {row["index"] for row in read_rows(tmp_path / "out") if "workers died of it" in row["error"]}
    assert left == {12}
    assert len(ray.made) < 12 + cores


class Unborn(Ray):
    """Kills so many of its actors before they begin, but for the first one where `works_once`."""

    def __init__(self, killed, *, works_once):
        super().__init__(frozenset(), None)
        self.killed, self.works_once = killed, works_once

    def get(self, answer, timeout=None):
        if self.works_once:
            self.works_once = False
        elif self.killed:
            self.killed -= 1
            raise GoneError("killed")
        return __version__, "processor"


def test_whoever_kills_workers_at_their_start_may_stop_where_some_have_begun_before():
    ray = Unborn(20, works_once=True)
    pool = Pool(Session(ray, "Ray", 2, None), ray._make, 2)
    begun = 0
    while begun < 2:
        pool.outcomes()
        begun += len(pool.newcomers())
    ray = Unborn(20, works_once=False)
    pool = Pool(Session(ray, "Ray", 1, None), ray._make, 1)
    for _ in range(4):
        pool.outcomes()
    with pytest.raises(ChildCrashError, match="workers die before they begin"):
        pool.outcomes()
