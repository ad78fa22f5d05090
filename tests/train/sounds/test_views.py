"""Views of a window: moved, amplified, mixed, masked, and always the same for the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgewright.train.sounds.recordings import MARGIN, Window
from edgewright.train.sounds.views import Backgrounds, masked, room_of, view_of

LENGTH = 4_000


def window(length: int = LENGTH, level: float = 0.1) -> Window:
    """A sound of which every sample is another one, with its surroundings where it is not short."""
    samples = np.zeros(LENGTH + 2 * MARGIN, np.float32)
    heard = samples if length == LENGTH else samples[MARGIN : MARGIN + length]
    heard[:] = np.random.RandomState(1).normal(0, level, len(heard))
    return Window(samples, level, length)


def random(seed: int) -> Any:
    return np.random.RandomState(seed)


@given(st.integers(0, 2**32 - 1))
def test_the_same_seed_gives_the_same_view(seed: int) -> None:
    first, again = (view_of(window(), random(seed), Backgrounds()) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (LENGTH,)
    assert np.abs(first).max() <= 1
    assert (view_of(window(), random(seed ^ 1), Backgrounds()) != first).any()


def place_of(view: Any, samples: Any) -> int:
    """Where a view is most like the samples."""
    return int(np.argmax(np.correlate(samples, view, "valid")))


def test_a_window_is_moved_by_a_tenth_of_a_second_at_most() -> None:
    places = [place_of(view_of(window(), random(seed), Backgrounds()), window().samples) for seed in range(200)]
    assert min(places) < 0.1 * MARGIN
    assert max(places) > 1.9 * MARGIN


def test_a_short_sound_comes_anywhere_in_its_window() -> None:
    short = window(500)
    sound = short.samples[MARGIN : MARGIN + 500]
    ends = []
    for seed in range(200):
        padded = np.concatenate([np.zeros(500), view_of(short, random(seed), Backgrounds()), np.zeros(500)])
        ends.append(int(np.argmax(np.correlate(padded, sound, "valid"))))
    assert min(ends) < 600
    assert max(ends) > LENGTH - 100


def test_it_is_louder_and_quieter() -> None:
    levels = [np.sqrt(np.mean(view_of(window(), random(seed), Backgrounds()) ** 2)) for seed in range(200)]
    assert min(levels) < 0.03
    assert 0.15 < max(levels) < 0.25


def test_backgrounds_are_heard_behind_it_and_never_louder() -> None:
    hum = np.sin(2 * np.pi * 50 * np.arange(LENGTH) / 16_000).astype(np.float32)
    heard = 0
    for seed in range(100):
        view = view_of(window(), random(seed), Backgrounds((hum,)))
        share = abs(np.corrcoef(view, hum)[0, 1])
        assert share < 0.6
        heard += share > 0.1
    assert 10 < heard < 60


def test_rooms_are_quieter_than_sounds_and_of_all_colors() -> None:
    rooms = np.stack([room_of(LENGTH, random(seed), Backgrounds()) for seed in range(100)])
    levels = 20 * np.log10(np.sqrt(np.mean(np.square(rooms, dtype=np.float64), axis=1)))
    assert -80.1 < levels.min() < -75
    assert -35 < levels.max() < -29.9
    alike = [np.corrcoef(room[1:], room[:-1])[0, 1] for room in rooms]
    assert min(alike) < 0.2 < 0.8 < max(alike)


def test_silence_stays_silence() -> None:
    silent = Window(np.zeros(LENGTH + 2 * MARGIN, np.float32), 0.0, LENGTH)
    assert all((view_of(silent, random(seed), Backgrounds()) == 0).all() for seed in range(20))


@given(st.integers(0, 2**32 - 1))
def test_masks_hide_bands_and_times_behind_the_mean(seed: int) -> None:
    features, mean = random(0).normal(9, 1, (98, 40)).astype(np.float32), np.linspace(-3, 3, 40)
    hidden = masked(features, mean, random(seed))
    changed = hidden != features
    np.testing.assert_array_equal(hidden[changed], np.broadcast_to(mean.astype(np.float32), hidden.shape)[changed])
    bands, times = changed.all(axis=0), changed.all(axis=1)
    np.testing.assert_array_equal(changed, bands[None] | times[:, None])
    assert bands.sum() <= 16
    assert times.sum() <= 38
