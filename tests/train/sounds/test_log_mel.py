"""The features in NumPy: against a transform that is written out, and against what is known of tones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.train.sounds.log_mel import BANDS, BINS, FLOOR, FRAME, HOP, RATE, frame_count, hann, log_mel, mel_bands

TIME = np.arange(RATE) / RATE


def written_out(samples: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """The definition: sums of cosines and sines, frame by frame."""
    turns = np.outer(np.arange(FRAME), np.arange(BINS)) / FRAME
    kernel = np.exp(-2j * np.pi * turns) * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME))[:, None]
    frames = [samples[start : start + FRAME] for start in range(0, len(samples) - FRAME + 1, HOP)]
    return np.log(np.abs(np.stack(frames) @ kernel) ** 2 @ mel_bands() + FLOOR)


@given(st.integers(0, 2**32 - 1), st.integers(FRAME, 3000), st.floats(-4, 0))
def test_they_are_what_the_definition_says(seed: int, length: int, level: float) -> None:
    samples = np.random.RandomState(seed).normal(0, 10**level / 4, length).clip(-1, 1)
    found = log_mel(samples)
    assert found.shape == (frame_count(length), BANDS)
    np.testing.assert_allclose(found, written_out(samples), rtol=0, atol=1e-6)


@pytest.mark.parametrize("hertz", [100, 440, 1000, 3000, 7000])
def test_a_tone_is_loudest_in_the_band_around_it(hertz: int) -> None:
    edges = 700 * (10 ** (np.linspace(*(2595 * np.log10(1 + np.array([20, 7600]) / 700)), BANDS + 2) / 2595) - 1)
    band = int(np.argmax(log_mel(0.5 * np.sin(2 * np.pi * hertz * TIME)).mean(axis=0)))
    assert edges[band] < hertz < edges[band + 2]


def test_twice_as_loud_is_the_same_step_in_every_band() -> None:
    noise = np.random.RandomState(0).normal(0, 0.1, RATE)
    np.testing.assert_allclose(log_mel(2 * noise) - log_mel(noise), np.log(4), atol=1e-3)


def test_silence_lies_on_the_floor() -> None:
    np.testing.assert_allclose(log_mel(np.zeros(RATE)), np.log(FLOOR))


def test_bands_cover_all_pitches_between_the_lowest_and_the_highest() -> None:
    bands = mel_bands()
    assert ((bands > 0).sum(axis=0) >= 2).all()
    inside = slice(3, 175)  # from the top of the first triangle to that of the last
    np.testing.assert_allclose(bands.sum(axis=1)[inside], 1.0)


def test_the_window_is_periodic() -> None:
    window = hann()
    assert window[0] == 0
    np.testing.assert_allclose(window[1:], window[1:][::-1], atol=1e-12)
    np.testing.assert_allclose(window + np.roll(window, FRAME // 2), 1.0)
