"""Recordings in windows: the same as those of a file that is run, with what lies beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import DataError
from edgewright.media import SoundPreparation
from edgewright.model import TensorSpec
from edgewright.train.sounds.log_mel import RATE
from edgewright.train.sounds.recordings import (
    DESCRIBED,
    MARGIN,
    read_through,
    whole_hops,
    window_of,
    windows_of,
)

from . import made

WINDOW = 3_200


@given(st.integers(1, 12_000), st.integers(0, 99))
def test_windows_are_those_that_the_file_is_given_when_it_runs(length: int, seed: int) -> None:
    sound = (np.random.RandomState(seed).uniform(-1, 1, length).astype(np.float32), RATE)
    prepared = SoundPreparation.of(TensorSpec(0, "samples", (1, WINDOW), "float32", (1, WINDOW)), DESCRIBED)(sound)
    assert prepared.windows is not None
    mine, theirs = list(windows_of(sound, WINDOW)), list(prepared.windows)
    assert len(mine) <= len(theirs)
    for window, other in zip(mine, theirs, strict=False):
        np.testing.assert_array_equal(window.itself, np.ravel(other))


@given(st.integers(WINDOW, 12_000))
def test_no_sample_is_left_out_and_the_margin_is_what_lies_beside(length: int) -> None:
    samples = np.linspace(0.1, 1, length, dtype=np.float32)
    windows = list(windows_of((samples, RATE), WINDOW))
    starts = [place * (WINDOW // 2) for place in range(len(windows))]
    around = np.concatenate([np.zeros(MARGIN, np.float32), samples, np.zeros(2 * WINDOW + MARGIN, np.float32)])
    for start, window in zip(starts, windows, strict=True):
        np.testing.assert_array_equal(window.samples, around[start : start + WINDOW + 2 * MARGIN])
    assert starts[-1] + WINDOW + MARGIN >= length


def test_a_short_sound_is_as_loud_as_it_is_without_the_zeros_behind() -> None:
    (window,) = windows_of((np.full(400, 0.5, np.float32), RATE), WINDOW)
    assert window.length == 400
    assert window.level == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("seconds", "window"),
    [
        ([1.0] * 9, 16_000),
        ([0.2, 0.3], 8_000),
        ([0.61] * 5, 11_200),
        ([1.5] * 9 + [1.73] * 2, 28_800),
        ([5.0] * 9, 16_000),
        ([1.0] * 50 + [60.0], 16_000),
        ([1.0, 60.0, 3.0], 16_000),
    ],
)
def test_short_sounds_are_heard_whole_and_long_ones_second_by_second(seconds: list[float], window: int) -> None:
    assert window_of(np.array(seconds)) == window


def test_windows_are_made_of_whole_hops() -> None:
    assert [whole_hops(length) for length in (16_000, 15_999, 15_841, 15_840)] == [16_000, 16_000, 16_000, 15_840]


def test_the_same_samples_have_the_same_digest_and_a_damaged_file_none(tmp_path: Path) -> None:
    samples = made.recording("tone", 1, 0.3)
    first, second = made.write(tmp_path / "a.wav", samples), made.write(tmp_path / "b.wav", samples)
    assert read_through(first) == read_through(second)
    assert read_through(first).seconds == 0.3
    assert read_through(made.write(tmp_path / "c.wav", samples * 0.9)).digest != read_through(first).digest
    second.write_bytes(second.read_bytes()[:2000])
    with pytest.raises(DataError, match=r"b\.wav"):
        read_through(second)
