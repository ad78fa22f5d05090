"""Sorted boxes are compared in one order: equal scores come in any, and what is wrong stays wrong."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.task.yolo.form import form_of_shapes
from edgewright.task.yolo.matching import matched

FORM = form_of_shapes([(1, 320, 320, 3)], [(1, 100, 6)], 0, None)


def boxes(sure: int = 10) -> np.ndarray:
    """A hundred boxes, of which some are sure, and two of these equally so; all others are equally unsure."""
    random = np.random.default_rng(3)
    rows = np.zeros((1, 100, 6), np.float32)
    rows[0, :, :4] = random.uniform(0, 320, (100, 4))
    rows[0, :sure, 4] = np.linspace(0.9, 0.5, sure)
    rows[0, 1, 4] = rows[0, 2, 4]
    rows[0, sure:, 4] = 0.01
    rows[0, :, 5] = random.integers(0, 80, 100)
    return rows


def test_ties_in_another_order_are_the_same() -> None:
    assert FORM is not None
    reference = boxes()
    other = reference.copy()
    other[0, [1, 2]] = reference[0, [2, 1]]
    other[0, 10:] = reference[0, :9:-1]
    assert np.abs(reference - other).max() > 10
    first, second = matched(FORM, [reference], [other], 1e-3)
    assert np.array_equal(first[0], second[0])
    assert np.count_nonzero(first[0][0, :, 4]) == 10


@pytest.mark.parametrize("column", [0, 3, 4, 5])
def test_a_sure_box_that_is_another_one_stays_different(column: int) -> None:
    assert FORM is not None
    other = boxes()
    other[0, 3, column] = 0 if column == 4 else other[0, 3, column] + 40
    first, second = matched(FORM, [boxes()], [other], 1e-3)
    assert np.abs(first[0] - second[0]).max() > 0.4


def test_a_box_that_only_the_file_is_sure_of_stays() -> None:
    assert FORM is not None
    other = boxes()
    other[0, 50, 4] = 0.8
    first, second = matched(FORM, [boxes()], [other], 1e-3)
    assert np.abs(first[0] - second[0]).max() > 0.7
