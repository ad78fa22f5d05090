"""Crops: inside the picture, different, and the same for one seed."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.errors import UsageError
from edgewright.media import varied_crops


@pytest.fixture
def picture() -> np.ndarray:
    """Red and green say where a pixel comes from."""
    y, x = np.indices((60, 90))
    return np.stack([y, x, np.zeros_like(y)], -1).astype(np.uint8)


def test_crops_are_squares_of_the_picture(picture: np.ndarray):
    for number, crop in enumerate(varied_crops(picture, 20, seed=1)):
        height, width, _ = crop.shape
        assert height == width
        assert 30 <= height <= 60
        upright = crop[:, ::-1] if number % 2 else crop
        y, x = upright[0, 0, :2]
        np.testing.assert_array_equal(upright, picture[y : y + height, x : x + width])


def test_one_seed_gives_the_same_crops(picture: np.ndarray):
    first, again, other = (list(varied_crops(picture, 4, seed=seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(a.shape == b.shape and np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    assert len({crop.tobytes() for crop in first}) == 4


def test_none_is_no_count(picture: np.ndarray):
    with pytest.raises(UsageError, match="at least 1"):
        next(varied_crops(picture, 0))
