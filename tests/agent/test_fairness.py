"""Sources of one agent that differ, and that fail: each gets its turn, whatever the others do."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

import numpy as np
import pytest

from edgewright.agent import Agent, SourceSpec

PICTURE = np.zeros((48, 64, 3), np.uint8)

# What is given before a test ends that would not end by itself.
_MOST = 5000


class Seen:
    """Counts events by source, and stops the agent once `enough` says so."""

    def __init__(self, enough: Callable[[Counter[str]], bool]) -> None:
        self.by_source: Counter[str] = Counter()
        self._enough = enough
        self.agent: Agent | None = None

    def __call__(self, event: dict) -> None:
        self.by_source[event["source"]] += 1
        if self.agent is not None and self._enough(self.by_source):
            self.agent.stop()


def source(name: str, pictures: object, **options: object) -> SourceSpec:
    return SourceSpec("iterator", pictures, every_frame=True, name=name, **options)


@pytest.fixture
def watch(small_model, tmp_path):
    def run(enough: Callable[[Counter[str]], bool], *sources: SourceSpec):
        seen = Seen(enough)
        seen.agent = Agent(small_model, list(sources), sinks=[seen], state=tmp_path / "state")
        status = seen.agent.run()
        return seen.by_source, status

    return run


def flood() -> Iterator[np.ndarray]:
    for _ in range(_MOST):
        yield PICTURE


def paced(pictures: int, wait: threading.Event) -> Iterator[np.ndarray]:
    for _ in range(pictures):
        wait.wait(0.03)
        yield PICTURE


def test_one_that_floods_leaves_the_others_their_turn(watch):
    by_source, status = watch(
        lambda seen: seen["slow"] == 10, source("flood", flood()), source("slow", paced(10, threading.Event()))
    )
    assert by_source["slow"] == 10
    assert 0 < by_source["flood"] < _MOST
    assert {name: counts["looked_at"] for name, counts in status.sources.items()}["slow"] == 10


def test_two_that_flood_have_the_worker_by_halves(watch):
    by_source, _ = watch(lambda seen: seen.total() >= 200, source("one", flood()), source("other", flood()))
    assert abs(by_source["one"] - by_source["other"]) <= 4


def test_one_that_hangs_holds_nobody_up(watch):
    released = threading.Event()

    def hanging() -> Iterator[np.ndarray]:
        yield PICTURE
        released.wait()

    by_source, _ = watch(lambda seen: seen["other"] == 50, source("hangs", hanging()), source("other", flood()))
    released.set()
    assert by_source["other"] >= 50
    assert by_source["hangs"] <= 1


def test_one_that_dies_again_and_again_holds_nobody_up(watch):
    def dying() -> Iterator[np.ndarray]:
        yield PICTURE
        raise OSError("the cable")

    by_source, status = watch(
        lambda seen: seen["dies"] >= 3 and seen["other"] >= 50,
        source("dies", dying),
        source("other", (PICTURE for _ in count())),
    )
    assert by_source["dies"] >= 3
    assert "the cable" in status.troubles.get("dies", "the cable"), "told until it is back"


def test_one_that_may_be_asked_seldom_leaves_the_rest_to_the_other(watch):
    by_source, _ = watch(lambda seen: seen["often"] >= 200, source("seldom", flood(), rate=1), source("often", flood()))
    assert by_source["seldom"] < by_source["often"] / 2


def test_the_status_has_each(watch):
    still = (PICTURE for _ in range(20))
    _, status = watch(lambda _: False, source("door", still, motion=0.01), source("yard", paced(5, threading.Event())))
    assert status.sources["door"] == {"captured": 20, "still": 19, "looked_at": 1}
    assert status.sources["yard"] == {"captured": 5, "still": 0, "looked_at": 5}
    assert (status.captured, status.still, status.looked_at) == (25, 19, 6)
