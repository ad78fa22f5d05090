"""Windows of what sources give: their times, what lies between, and where a restart goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from edgewright.agent import Frame, Signal, SourceError
from edgewright.agent.capture.windows import Windowed
from edgewright.errors import DataError

from .sensors import hearing, measuring


class Giving:
    """A source that gives what it is told to."""

    name, can_stall = "giving", True

    def __init__(self, frames: Iterable[Frame], *, live: bool = False, version: str | None = None) -> None:
        self._frames = frames
        self.live = live
        self.version = version

    def frames(self) -> Iterator[Frame]:
        yield from self._frames

    def give_back(self, marks: Iterable[str]) -> None: ...
    def close(self) -> None: ...


class Memory:
    """What is stored of a source."""

    def __init__(self, *marks: str) -> None:
        self.marks = set(marks)

    def taken(self, source: str) -> set[str]:
        return self.marks

    def forget(self, source: str, marks: Iterable[str]) -> None:
        self.marks -= set(marks)


def sound(seconds: float, **said: object) -> Signal:
    return Signal(np.full(round(seconds * 16_000), 0.5, np.float32), 16_000, **said)  # type: ignore[arg-type]


def windows(source: Giving, prepare: object = None, memory: Memory | None = None) -> list[Frame]:
    return list(Windowed(source, prepare or hearing(), memory or Memory()).frames())  # type: ignore[arg-type]


def starts(frames: list[Frame]) -> list[float]:
    return [round(frame.content.at_s, 3) for frame in frames]  # type: ignore[union-attr]


class TestTimes:
    def test_of_a_file_the_samples_are_the_clock(self):
        found = windows(Giving([Frame(sound(0.15)), Frame(sound(0.15))]))
        assert starts(found) == [0.0, 0.1, 0.2]
        assert [frame.position.to_dict() for frame in found] == [{"seconds": 0.0}, {"seconds": 0.1}, {"seconds": 0.2}]
        assert [frame.time_s for frame in found] == pytest.approx([0.0, 0.1, 0.2])
        assert [frame.lasts_s for frame in found] == pytest.approx([0.1] * 3)

    def test_what_goes_on_by_itself_is_timed_by_when_it_came(self):
        pieces = [Frame(sound(0.15), captured_s=1000.15, started_s=50.15), Frame(sound(0.15), 1000.3, 50.3)]
        found = windows(Giving(pieces, live=True))
        assert [frame.captured_s for frame in found] == pytest.approx([1000.0, 1000.1, 1000.2])
        assert np.diff([frame.time_s for frame in found]) == pytest.approx([0.1, 0.1])
        assert [frame.started_s for frame in found] == [50.15, 50.3, 50.3]  # latency counts from the last piece
        assert all(frame.position is None for frame in found)

    def test_of_a_sound_that_is_resampled_as_well(self):
        """At 48 kHz, as many microphones give it, for a model of 16 kHz."""
        samples = Signal(np.full(7_200, 0.5, np.float32), 48_000)
        pieces = [Frame(samples, captured_s=1000.15, started_s=50.15), Frame(samples, 1000.3, 50.3)]
        found = windows(Giving(pieces, live=True))
        assert [frame.captured_s for frame in found] == pytest.approx([1000.0, 1000.1, 1000.2], abs=1e-3)

    def test_a_clock_of_the_sound_card_that_is_fast_does_not_run_away(self):
        """An hour of pieces of a second that come every 1.01 s."""
        pieces = (Frame(sound(1.0), 1000 + 1.01 * n, 50 + 1.01 * n) for n in range(1, 3601))
        *_, last = Windowed(Giving(pieces, live=True), hearing(16_000), Memory()).frames()
        assert last.captured_s == pytest.approx(1000 + 1.01 * 3600 - 1, abs=0.01)

    def test_of_readings_as_well(self):
        rows = Signal(np.ones((8, 2), np.float32))
        (first, second) = windows(Giving([Frame(rows, 1000.0, 50.0)], live=True), measuring())
        assert (first.captured_s, second.captured_s) == pytest.approx((1000 - 8 / 50, 1000 - 4 / 50))
        assert (first.time_s, second.time_s) == pytest.approx((50 - 8 / 50, 50 - 4 / 50))
        assert first.content.rate == 50

    def test_readings_that_were_held_up_are_as_far_apart_as_they_were_measured(self):
        """Two messages of four readings that come at the same moment."""
        pieces = [Frame(Signal(np.ones((4, 2), np.float32)), 1000.0, 50.0) for _ in range(2)]
        first, second = windows(Giving(pieces, live=True), measuring())
        assert second.time_s - first.time_s == pytest.approx(4 / 50)

    def test_a_sensor_that_is_faster_than_it_says_does_not_run_away(self):
        pieces = (Frame(Signal(np.ones((4, 2), np.float32)), 1000 + 0.04 * n, 50 + 0.04 * n) for n in range(1000))
        found = windows(Giving(pieces, live=True), measuring())
        assert found[-1].time_s - (50 + 0.04 * 999) < 10
        assert all(np.diff([frame.time_s for frame in found]) >= 0)

    def test_readings_with_times_of_their_own(self):
        rows = Signal(np.ones((24, 2), np.float32), times=7000 + np.arange(24) / 50)
        found = windows(Giving([Frame(rows)]), measuring())
        assert [frame.time_s for frame in found] == pytest.approx([0.08 * n for n in range(6)])


class TestBreaks:
    def test_no_window_reaches_over_what_is_missing(self):
        pieces = [Frame(sound(0.15)), Frame(sound(0.12, begins_anew=True, at_s=5.0))]
        found = windows(Giving(pieces))
        assert starts(found) == [0.0, 0.1, 5.0, 5.1]
        assert [np.count_nonzero(frame.content.values) for frame in found] == [1600, 800, 1600, 320]

    def test_a_source_that_breaks_off_gives_its_last_window_and_then_the_reason(self):
        def breaking() -> Iterator[Frame]:
            yield Frame(sound(0.15))
            raise SourceError("gone")

        given: list[Frame] = []
        with pytest.raises(SourceError, match="gone"):
            given.extend(Windowed(Giving(breaking()), hearing(), Memory()).frames())
        assert starts(given) == [0.0, 0.1]

    def test_a_rate_that_changes(self):
        pieces = [Frame(sound(0.1)), Frame(Signal(np.zeros(800, np.float32), 8000))]
        assert starts(windows(Giving(pieces))) == [0.0, 0.1]

    def test_what_could_not_be_read_goes_by(self):
        pieces = [Frame(sound(0.05)), Frame(b"", damaged=True), Frame(sound(0.05))]
        first, second = windows(Giving(pieces))
        assert first.damaged
        assert np.count_nonzero(second.content.values) == 1600

    def test_readings_at_another_rate_are_told(self):
        rows = Frame(Signal(np.ones((40, 2), np.float32), times=np.arange(40) / 10))
        with pytest.raises(SourceError, match="giving: by its times it has 10 rows a second, and the model takes 50"):
            windows(Giving([rows], live=True), measuring())
        with pytest.raises(DataError, match="by its times"):  # read again it would say the same
            windows(Giving([rows]), measuring())


class TestRestart:
    def test_it_goes_on_behind_what_is_stored(self):
        memory = Memory("v1/0", "v1/1", "v0/7")
        found = windows(Giving([Frame(sound(0.4))], version="v1"), memory=memory)
        assert starts(found) == [0.2, 0.3]
        assert [frame.mark for frame in found] == ["v1/2", "v1/3"]

    def test_marks_of_long_ago_are_forgotten(self):
        memory = Memory(*(f"v1/{number}" for number in range(999)))
        windows(Giving([Frame(sound(100.2))], version="v1"), memory=memory)
        assert len(memory.marks) == 499


def test_a_signal_is_of_floats():
    with pytest.raises(ValueError, match="a signal is float32"):
        Signal(np.zeros(10, np.int16))  # type: ignore[arg-type]
    assert Signal(np.zeros(10, np.float32), 5).values.shape == (10, 1)
