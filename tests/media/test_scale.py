"""What the numbers of data mean: one table for all verbs, in both directions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import DataError
from edgewright.media import meaning_of_numbers, normalization, normalize
from edgewright.model import InputMetadata

RGB, GRAY, FLAT, TABLE = (1, 8, 8, 3), (1, 8, 8, 1), (1, 64), (1, 4)
PRESETS = ("zero_to_one", "minus_one_to_one", "imagenet", "none")
MNIST = ((33.3,), (78.6,))
CAFFE = ((123.68, 116.78, 103.94), (1.0, 1.0, 1.0))


def described(said: str | tuple[tuple[float, ...], tuple[float, ...]], kind: str | None = None) -> InputMetadata:
    mean, std = normalization(said)
    return InputMetadata(mean=mean, std=std, kind=kind)


def between(low: float, high: float, shape: tuple[int, ...] = RGB, dtype: str = "float32") -> list[np.ndarray]:
    """Eight samples that reach both ends."""
    generator = np.random.default_rng(1)
    samples = [generator.uniform(low, high, shape) for _ in range(8)]
    samples[0].flat[0], samples[1].flat[0] = low, high
    return [sample.astype(dtype) for sample in samples]


RAW = [
    ("bytes", between(0, 255, dtype="uint8"), "zero_to_one", RGB),
    ("bytes for imagenet", between(0, 255, dtype="uint8"), "imagenet", RGB),
    ("black bytes", between(0, 0, dtype="uint8"), "minus_one_to_one", RGB),
    ("whole numbers", between(0, 255, dtype="int64"), "minus_one_to_one", RGB),
    ("float pixels", between(0, 255), "zero_to_one", RGB),
    ("float pixels, not all bright", between(3, 91), "minus_one_to_one", RGB),
    ("float pixels that overshoot", between(-9, 262), "zero_to_one", RGB),
    ("dark float pixels", between(0, 30), CAFFE, RGB),
    ("black float pixels", between(0, 0), "minus_one_to_one", RGB),
    ("float pixels in one row", between(0, 255, FLAT), "zero_to_one", FLAT),
    ("gray float pixels", between(0, 255, GRAY), MNIST, GRAY),
]

NORMALIZED = [
    ("0 to 1", between(0, 1), "zero_to_one", RGB),
    ("0 and 1", between(0, 1, dtype="uint8"), "zero_to_one", RGB),
    ("0 to 1 in one row", between(0, 1, FLAT), "zero_to_one", FLAT),
    ("0 to 1 that overshoots", between(-0.04, 1.06), "zero_to_one", RGB),
    ("-1 to 1", between(-1, 1), "minus_one_to_one", RGB),
    ("-1 to 1, dark", between(-1, -0.4), "minus_one_to_one", RGB),
    ("imagenet", between(-2.1, 2.6), "imagenet", RGB),
    ("gray", between(-0.42, 2.8, GRAY), MNIST, GRAY),
    ("a gray subtracted", between(-120, 140), CAFFE, RGB),
    ("64 bits", between(0, 1, dtype="float64"), "zero_to_one", RGB),
]
NORMALIZED[1] = ("0 and 1", [sample.astype(np.float32) for sample in NORMALIZED[1][1]], "zero_to_one", RGB)

CONTRADICTIONS = [
    (between(0, 1), "minus_one_to_one", "numbers from 0 to 1, but the model makes -1 to 1 of pixels from 0 to 255"),
    (between(-1, 1), "zero_to_one", "numbers from -1 to 1, but the model makes 0 to 1 of pixels"),
    (between(0, 1), "imagenet", "numbers from 0 to 1, but the model makes -2.118 to 2.64 of pixels"),
    (between(-2.1, 2.6), "zero_to_one", "numbers from -2.1 to 2.6"),
    (between(0, 1), "none", "numbers from 0 to 1, but the model takes pixels from 0 to 255 as they are"),
    (between(-1, 1), "none", "numbers from -1 to 1"),
    (between(0, 1), CAFFE, "numbers from 0 to 1"),
    (between(0, 65535), "zero_to_one", r"numbers from 0 to 6\.55.e\+04"),
    (between(0, 65535, dtype="uint16"), "zero_to_one", "whole numbers from 0 to"),
    (between(-128, 127, dtype="int8"), "zero_to_one", "whole numbers from -128 to 127"),
    (between(-300, 300), "minus_one_to_one", "numbers from -300 to 300"),
]


@pytest.mark.parametrize(("arrays", "said", "shape"), [case[1:] for case in RAW], ids=[case[0] for case in RAW])
def test_pixels_are_normalized(arrays, said, shape):
    assert meaning_of_numbers(arrays, described(said), shape, "d").raw


@pytest.mark.parametrize(
    ("arrays", "said", "shape"), [case[1:] for case in NORMALIZED], ids=[case[0] for case in NORMALIZED]
)
def test_what_is_normalized_stays_as_it_is(arrays, said, shape):
    assert not meaning_of_numbers(arrays, described(said), shape, "d").raw


@pytest.mark.parametrize(("arrays", "said", "words"), CONTRADICTIONS)
def test_contradictions_are_refused_with_both_ranges(arrays, said, words):
    with pytest.raises(DataError, match=words):
        meaning_of_numbers(arrays, described(said), RGB, "photos.npz")


@pytest.mark.parametrize(
    ("low", "high", "mean", "std"),
    [
        (-40, 85, 20, 15), (0, 1, 20, 15), (950, 1050, 1013, 10), (-16, 16, 0, 9.81), (0, 0, 20, 5),
        (0, 4095, 2048, 600), (-1, 1, 0, 0.3), (300, 900, 400, 50), (-1e5, 1e5, 0, 4e4), (0, 100, 50, 25),
        (-5, 300, 100, 50),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["feature", None])
def test_values_of_sensors_are_never_refused(low, high, mean, std, kind):
    said = InputMetadata(mean=(mean,) * 4, std=(std,) * 4, kind=kind)
    assert meaning_of_numbers(between(low, high, TABLE), said, TABLE, "d").raw


@given(st.integers(0, 255), st.integers(0, 255), st.sampled_from(PRESETS))
def test_bytes_are_pixels_whatever_they_hold(low, high, preset):
    low, high = sorted((low, high))
    assert meaning_of_numbers(between(low, high, dtype="uint8"), described(preset), RGB, "d").raw


@given(st.floats(0, 20), st.floats(200, 255), st.sampled_from(PRESETS))
def test_the_same_pictures_mean_the_same_in_every_form(low, high, preset):
    """As bytes, as real numbers and normalized: the model gets the same of each."""
    said = described(preset)
    pixels = [np.rint(sample) for sample in between(np.rint(low), np.rint(high))]
    forms = ([sample.astype(np.uint8) for sample in pixels], pixels, [normalize(sample, said) for sample in pixels])
    taken = [[meaning_of_numbers(form, said, RGB, "d").values(sample, said) for sample in form] for form in forms]
    for other in taken[1:]:
        np.testing.assert_allclose(other, taken[0], rtol=1e-6)


def test_where_nothing_is_said_nothing_is_changed_and_pixels_are_told():
    found = meaning_of_numbers(between(0, 255, dtype="uint8"), InputMetadata(), RGB, "photos")
    assert not found.raw
    assert found.notice == (
        "photos: whole numbers from 0 to 255 were taken as they are, for nothing says how the model takes pixels."
    )
    assert meaning_of_numbers(between(0, 255), InputMetadata(), TABLE, "d").notice == ""


def test_pictures_as_good_as_black_are_told():
    found = meaning_of_numbers(between(0, 1.9, dtype="uint8"), described("zero_to_one"), RGB, "masks")
    assert found.raw
    assert "no number is above 1, of 0 to 255" in found.notice
