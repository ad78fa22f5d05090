"""What has to be fetched is fetched ahead, a few at once; the order and the errors are those of one after the other."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from pathlib import Path

import pytest

from edgewright.errors import DataError
from edgewright.media import Given
from edgewright.scale.ahead import AHEAD, MOST_AHEAD_BYTES, Ahead, _Coming


def test_several_are_on_the_way_at_once_and_not_more():
    together = threading.Barrier(AHEAD, timeout=30)
    begun: list[int] = []

    def fetch(number: int) -> bytes:
        begun.append(number)
        if number < AHEAD:
            together.wait()  # which nobody leaves alone
        if number == 5:
            raise DataError("is gone", where="fifth")
        return bytes([number])

    sources = [Given(f"{number}", f"{number}", "input", lambda number=number: fetch(number)) for number in range(30)]
    coming = Ahead().fetched(sources)
    first = next(coming)
    assert first().read() == b"\0"
    assert len(begun) <= AHEAD + 1
    for number, here in enumerate(coming, 1):
        if number == 5:
            with pytest.raises(DataError, match=r"^fifth: is gone$"):
                here()
        else:
            assert here().read() == bytes([number])
        assert len(begun) <= number + AHEAD + 1
    assert sorted(begun) == list(range(30))


def test_a_path_is_what_it_is():
    before = threading.active_count()
    assert [here() for here in Ahead().fetched(["a.jpg", Path("b.jpg")])] == ["a.jpg", Path("b.jpg")]
    assert threading.active_count() == before


def test_large_inputs_are_not_held_all_at_once():
    held, most = 0, 0

    def fetch() -> bytes:
        nonlocal held, most
        held += 1
        most = max(most, held)
        return bytes(MOST_AHEAD_BYTES // 3)

    def some(count: int) -> list[Given]:
        return [Given(f"{number}", f"{number}", "input", fetch) for number in range(count)]

    ahead = Ahead()
    assert next(ahead.fetched(some(1)))().seek(0, 2) == MOST_AHEAD_BYTES // 3
    most = held = 0
    for here in ahead.fetched(some(12)):
        here()
        held -= 1
    assert held == 0
    assert most <= 4  # three that wait for their turn, and the one at work


def test_a_fetch_that_fails_while_it_is_asked_about_ends_nothing_else():
    class Failing(Future[int]):
        def done(self) -> bool:
            there = super().done()
            if not there:
                self.set_exception(DataError("is gone"))
            return there

    coming = _Coming("a.jpg", Failing())
    assert [coming.size(7), coming.size(7)] == [7, 0]
