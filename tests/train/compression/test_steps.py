"""The first steps of rounded weights are those of least error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edgewright.train.compression.steps import best_steps

WEIGHTS = arrays.arrays(np.float32, (3, 5, 4), elements=st.floats(-10, 10, width=32))


def error(weights: np.ndarray, steps: np.ndarray, most: int) -> float:
    rounded = np.clip(np.rint(weights / steps), -most, most) * steps
    return float(((weights - rounded) ** 2).sum())


@given(WEIGHTS, st.sampled_from([1, 3, 7, 127]))
def test_they_are_no_worse_than_those_of_the_largest_weight(weights: np.ndarray, most: int) -> None:
    steps = best_steps(weights, most, -1)
    assert steps.shape == (4,)
    assert (steps > 0).all()
    plain = np.maximum(np.abs(weights).max(axis=(0, 1)) / most, steps.max() * 1e-3)
    assert error(weights, steps, most) <= error(weights, plain, most) * 1.001 + 1e-6


@given(WEIGHTS)
def test_of_8_bits_no_weight_is_cut_off(weights: np.ndarray) -> None:
    steps = best_steps(weights, 127, -1)
    assert (np.abs(weights) <= steps * 127 * 1.0001).all()


def test_one_step_for_all_is_a_number() -> None:
    assert best_steps(np.array([[1.0, -7.0]]), 7, None).shape == ()


@pytest.mark.parametrize("most", [1, 7, 127])
def test_an_output_without_weights_has_a_step_that_divides(most: int) -> None:
    weights = np.zeros((3, 2))
    weights[:, 0] = 1.0
    steps = best_steps(weights, most, -1)
    assert 0 < steps[1] < steps[0]
