"""Windows as they are trained on: whole, normalized, elsewhere in each epoch, and the same for the same seed."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgewright.media import Series, normalize
from edgewright.model import InputMetadata
from edgewright.train.series.windows import Normalization, Varied, Windows

AS_IT_IS = Normalization((0.0, 0.0), (1.0, 1.0))


def counted(rows: int, start: int, gap: int | None = None) -> Series:
    """A recording whose rows say which ones they are; one of them may be missing."""
    values = np.stack([np.arange(rows) + start, np.arange(rows)], axis=1).astype(np.float32)
    if gap is not None:
        values[gap % rows, 1] = np.nan
    return Series(values, ("a", "b"), None)


def varied(recordings: list[Series], window: int, hop: int, seed: int = 0, labels: bool = False) -> Varied:
    windows = Windows.of(recordings, AS_IT_IS, window, hop)
    targets = windows.source if labels else None
    return Varied(windows, targets, np.ones(len(windows), np.float32), seed, least=0)


@given(
    lengths=st.lists(st.integers(8, 60), min_size=1, max_size=4),
    window=st.integers(2, 8),
    hop=st.integers(1, 8),
    gap=st.integers(0, 59),
    epoch=st.integers(1, 5),
)
def test_a_window_is_of_rows_that_follow_each_other_in_one_recording(
    lengths: list[int], window: int, hop: int, gap: int, epoch: int
) -> None:
    hop = min(hop, window)
    recordings = [counted(length, 1000 * place) for place, length in enumerate(lengths)]
    recordings.append(counted(60, 1000 * len(lengths), gap))
    samples = varied(recordings, window, hop)
    places = np.arange(len(samples))
    inputs, targets, _ = samples.batch(places, epoch)
    assert np.isfinite(inputs).all()
    assert (np.diff(inputs[:, :, 0], axis=1) == 1).all()
    assert (inputs[:, 0, 0] // 1000 == samples.windows.source).all()
    assert targets is inputs
    still = samples.windows.all()
    moved = np.abs(inputs[:, 0, 0] - still[:, 0, 0])[samples.windows.source < len(lengths)]
    assert (moved <= hop // 2).all()


def test_the_same_seed_and_epoch_give_the_same_windows_and_others_give_others() -> None:
    recordings = [counted(400, 0), counted(400, 1000)]
    places = np.arange(16)
    first, *_ = varied(recordings, 32, 16, labels=True).batch(places, 1)
    again, classes, _ = varied(recordings, 32, 16, labels=True).batch(places, 1)
    assert (first == again).all()
    assert (classes == 0).all()
    assert (first != varied(recordings, 32, 16, labels=True).batch(places, 2)[0]).any()
    assert (first != varied(recordings, 32, 16, seed=1, labels=True).batch(places, 1)[0]).any()


def test_values_are_normalized_as_the_file_does_it() -> None:
    random = np.random.default_rng(0)
    recording = Series(random.normal(5, 3, (100, 2)).astype(np.float32), ("a", "b"))
    found = Normalization.of([recording])
    said = InputMetadata(mean=found.mean, std=found.std)
    assert (found(recording.values) == normalize(recording.values, said)).all()
    np.testing.assert_allclose(found(recording.values).mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(found(recording.values).std(axis=0), 1, atol=1e-5)


def test_a_column_that_never_changes_is_only_shifted() -> None:
    values = np.stack([np.full(50, 7.0), np.arange(50.0)], axis=1).astype(np.float32)
    found = Normalization.of([Series(values, ("still", "b"))])
    assert (found.mean[0], found.std[0], found.constant) == (7.0, 1.0, (0,))


def test_missing_values_count_in_no_mean() -> None:
    values = np.array([[1.0], [np.nan], [3.0]], np.float32)
    assert Normalization.of([Series(values, ("a",))]).mean == (2.0,)


def test_few_windows_are_seen_several_times_in_an_epoch_each_time_elsewhere() -> None:
    windows = Windows.of([counted(400, 0)], AS_IT_IS, 32, 16)
    samples = Varied(windows, None, np.ones(len(windows), np.float32), 0, least=100)
    assert len(samples) == 5 * len(windows)
    first, again = (samples.batch(np.arange(16) + times * len(windows), 1)[0] for times in (0, 1))
    assert (first != again).any()
    assert (np.abs(first[:, 0, 0] - again[:, 0, 0]) <= 16).all()
