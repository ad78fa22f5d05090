"""Sounds and series that come piece by piece are cut into the same windows as whole ones."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import DataError, UsageError
from edgewright.media import Rows, Series, SeriesCutter, SeriesPreparation, SoundCutter, SoundPreparation
from edgewright.model import InputMetadata, TensorSpec

from .sounds import tone


def spec(*shape: int) -> TensorSpec:
    return TensorSpec(index=0, name="input", shape=shape, dtype="float32", shape_signature=shape)


def hearing(window: int = 100, hop: str = "50%", rate: int = 1000, channels: int = 0) -> SoundPreparation:
    described = InputMetadata(kind="audio", sample_rate=rate, channels=channels)
    return SoundPreparation.of(spec(window * (channels or 1)), described, hop=hop)


def parts(values: Any, sizes: list[int]) -> Iterator[Any]:
    begin = 0
    for size in sizes:
        yield values[begin : begin + size]
        begin += size
    yield values[begin:]


def cut(preparation: SoundPreparation, sound: Any, rate: int, sizes: list[int]) -> list[tuple[int, Any]]:
    cutter = SoundCutter(preparation, rate, "sound")
    given = [found for piece in parts(sound, sizes) for found in cutter.feed(piece)]
    return given + list(cutter.finish())


class TestSound:
    @given(
        length=st.integers(1, 700),
        hop=st.sampled_from(["10%", "33%", "50%", "100%"]),
        sizes=st.lists(st.integers(0, 150), max_size=12),
    )
    def test_in_whatever_pieces_it_comes(self, length: int, hop: str, sizes: list[int]) -> None:
        preparation = hearing(hop=hop)
        sound = np.linspace(-1, 1, length, dtype=np.float32)[:, None]
        whole = preparation((sound, 1000)).windows
        found = cut(preparation, sound, 1000, sizes)
        assert [start / 1000 for start, _ in found] == [start for start, _ in whole.spans]
        for (_, samples), tensor in zip(found, whole, strict=True):
            np.testing.assert_array_equal(samples[:, 0], tensor.reshape(-1))

    @pytest.mark.parametrize("rate", [1200, 4410, 44100])
    def test_at_another_rate(self, rate: int) -> None:
        preparation = hearing()
        sound = tone(100, rate, 1.03).astype(np.float32)[:, None]
        whole = preparation((sound, rate)).windows
        found = cut(preparation, sound, rate, [7, 500, 1, 300])
        assert len(found) == len(whole)
        for (_, samples), tensor in zip(found, whole, strict=True):
            np.testing.assert_allclose(samples[:, 0], tensor.reshape(-1), atol=1e-5)

    def test_several_channels_become_one_and_one_becomes_several(self) -> None:
        stereo = np.stack([np.ones(100), np.zeros(100)], axis=1).astype(np.float32)
        assert cut(hearing(), stereo, 1000, [])[0][1].tolist() == [[0.5]] * 100
        assert cut(hearing(channels=2), stereo[:, :1], 1000, [])[0][1].tolist() == [[1, 1]] * 100

    def test_ten_minutes_take_no_more_memory_than_a_second(self) -> None:
        cutter = SoundCutter(hearing(), 1000, "sound")
        piece = np.zeros((1000, 1), np.float32)
        list(cutter.feed(piece))
        tracemalloc.start()
        for _ in range(600):
            for _ in cutter.feed(piece):
                pass
        assert tracemalloc.get_traced_memory()[1] < 100_000
        tracemalloc.stop()


def measuring(window: int = 10, hop: float | str = "50%", rate: float | None = 10.0) -> SeriesPreparation:
    described = InputMetadata(columns=("x", "y"), rate=rate)
    return SeriesPreparation(spec(1, window, 2), described, hop)


def fed(cutter: SeriesCutter, series: Series, sizes: list[int]) -> list[Any]:
    values, times = list(parts(series.values, sizes)), series.times
    moments = [None] * len(values) if times is None else list(parts(times, sizes))
    pieces = [Rows(part, moment) for part, moment in zip(values, moments, strict=True) if len(part)]
    found = [window for rows in pieces for window in cutter.feed(rows)]
    return found + list(cutter.finish())


class TestSeries:
    @given(
        length=st.integers(10, 120),
        hop=st.sampled_from(["10%", "50%", "70%", "100%"]),
        missing=st.sets(st.integers(0, 119), max_size=3),
        sizes=st.lists(st.integers(0, 40), max_size=10),
    )
    def test_in_whatever_pieces_it_comes(self, length: int, hop: str, missing: set[int], sizes: list[int]) -> None:
        values = np.arange(2 * length, dtype=np.float32).reshape(-1, 2)
        values[[row for row in missing if row < length], 1] = np.nan
        self.same(measuring(hop=hop), Series(values, ("x", "y")), sizes)

    @given(
        length=st.integers(10, 120),
        gaps=st.sets(st.integers(1, 119), max_size=3),
        sizes=st.lists(st.integers(0, 40), max_size=10),
    )
    def test_with_times_and_gaps_in_them(self, length: int, gaps: set[int], sizes: list[int]) -> None:
        steps = np.full(length, 0.1)
        steps[[row for row in gaps if row < length]] = 0.3
        if (steps > 0.2).mean() > 0.2:
            return
        series = Series(np.arange(2 * length, dtype=np.float32).reshape(-1, 2), ("x", "y"), np.cumsum(steps))
        self.same(measuring(), series, sizes)
        self.same(measuring(rate=None), series, sizes)

    def same(self, preparation: SeriesPreparation, series: Series, sizes: list[int]) -> None:
        try:
            whole = [tensor[0] for tensor in preparation(series).windows]
        except DataError:  # no window at all
            whole = []
        found = fed(SeriesCutter(preparation, "series"), series, sizes)
        assert [window.values.tolist() for window in found] == [tensor.tolist() for tensor in whole]
        for window in found:
            assert window.values[0].tolist() == series.values[window.first].tolist()
            if series.times is not None:
                assert window.times.tolist() == series.times[window.first :][:10].tolist()

    def test_another_rate_than_the_models_is_told(self) -> None:
        rows = Rows(np.zeros((30, 2), np.float32), np.arange(30) / 25)
        with pytest.raises(DataError, match="sensor: by its times it has 25 rows a second, and the model takes 10"):
            list(SeriesCutter(measuring(), "sensor").feed(rows))

    def test_a_rate_that_nobody_says(self) -> None:
        with pytest.raises(DataError, match="sensor: nobody says how many rows a second"):
            list(SeriesCutter(measuring(rate=None), "sensor").feed(Rows(np.zeros((1, 2), np.float32))))

    def test_a_clock_that_is_put_back_begins_anew(self) -> None:
        times = np.concatenate([np.arange(15), np.arange(15)]) / 10
        windows = fed(SeriesCutter(measuring(), "s"), Series(np.zeros((30, 2), np.float32), (), times), [])
        assert [window.first for window in windows] == [0, 5, 15, 20]

    @pytest.mark.parametrize("clock", [range(5), range(5, 30), range(0, 30, 2), range(24)])
    def test_rows_keep_their_order_where_only_some_have_a_time(self, clock: range) -> None:
        values = np.arange(60, dtype=np.float32).reshape(-1, 2)
        cutter = SeriesCutter(measuring(), "s")
        rows = [Rows(values[[n]], np.array([n / 10]) if n in clock else None) for n in range(30)]
        windows = [window for one in rows for window in cutter.feed(one)] + list(cutter.finish())
        assert [window.first for window in windows] == [0, 5, 10, 15, 20]
        for window in windows:
            numbers = range(window.first, window.first + 10)
            assert window.values.tolist() == values[numbers].tolist()
            whole = all(number in clock for number in numbers)
            assert (None if window.times is None else window.times.tolist()) == (
                [number / 10 for number in numbers] if whole else None
            )

    def test_columns_that_nobody_counted(self) -> None:
        bare = SeriesPreparation(spec(1, 20), InputMetadata(rate=10))
        with pytest.raises(UsageError, match="20 numbers in one row, and nothing says how many columns"):
            SeriesCutter(bare, "s")

    def test_two_hours_take_no_more_memory_than_a_minute(self) -> None:
        cutter = SeriesCutter(measuring(), "s")
        rows = Rows(np.zeros((600, 2), np.float32), None)
        list(cutter.feed(rows))
        tracemalloc.start()
        for _ in range(120):
            for _ in cutter.feed(rows):
                pass
        assert tracemalloc.get_traced_memory()[1] < 100_000
        tracemalloc.stop()
