from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgewright.convert.proof.tolerances import TOLERANCES, require
from edgewright.errors import ToleranceError
from edgewright.evaluate import Agreement, compare

REFERENCE = [[np.float32([[1, 2, 3]])], [np.float32([[3, -2, 1]])]]


def noisy(level: float) -> list:
    generator = np.random.default_rng(0)
    return [[output + level * generator.normal(size=output.shape).astype(np.float32)] for (output,) in REFERENCE]


@pytest.mark.parametrize("kind", TOLERANCES)
def test_every_kind_has_a_reason_and_takes_equal_outputs(kind):
    assert TOLERANCES[kind].reason
    require(compare(REFERENCE, REFERENCE, ["scores"]), kind, "m")


@pytest.mark.parametrize(
    ("kind", "allowed", "too_much"),
    [("none", 1e-5, 1e-2), ("float16", 5e-3, 0.2), ("dynamic", 0.1, 5), ("int8", 0.3, 5)],
)
def test_noise_within_and_beyond(kind, allowed, too_much):
    require(compare(REFERENCE, noisy(allowed), ["scores"]), kind, "m")
    with pytest.raises(ToleranceError, match=r"m: output 'scores' differs .* by up to .* dB"):
        require(compare(REFERENCE, noisy(too_much), ["scores"]), kind, "m")


def test_swapped_outputs_are_beyond_every_tolerance():
    a, b = np.float32([[0.9, 0.1]]), np.float32([[0.2, 0.8]])
    agreement = compare([[a, b], [b, a]], [[b, a], [a, b]])
    for kind in TOLERANCES:
        with pytest.raises(ToleranceError):
            require(agreement, kind, "m")


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ([[np.zeros((0, 3), np.float32)]] * 2, "or is empty"),
        ([[np.full((1, 3), np.nan, np.float32)]] * 2, "not finite"),
    ],
)
def test_empty_and_infinite_results(result, words):
    with pytest.raises(ToleranceError, match=words):
        require(compare(REFERENCE, result, ["scores"]), "int8", "m")


def test_constant_outputs_prove_nothing():
    constant = [REFERENCE[0], REFERENCE[0]]
    with pytest.raises(ToleranceError, match="nothing could be compared"):
        require(compare(constant, constant), "none", "m")
    require(compare(constant[:1], constant[:1]), "none", "m", one_sample=True)


def detector_on_noise(difference: float):
    """Scores of next to nothing, as a detector's are on noise, and the same with a difference."""
    source = [[np.random.default_rng(seed).uniform(0, 3e-4, (1, 40)).astype(np.float32)] for seed in range(4)]
    file = [[scores + np.float32(difference) * np.resize([1, -1], 40).astype(np.float32)] for (scores,) in source]
    (output,) = compare(source, file, ["scores"]).outputs
    return output


@pytest.mark.parametrize(
    ("difference", "bounded", "right"),
    [(1e-6, True, True), (1e-6, False, True), (8e-6, True, True), (8e-6, False, False), (2e-5, True, False)],
)
def test_what_rounding_makes_of_numbers_near_0_is_no_difference(difference, bounded, right):
    output = replace(detector_on_noise(difference * 0.99), bounded=bounded)
    assert 10 < output.snr_db < 60
    if right:
        require(Agreement(4, (output,)), "none", "m")
    else:
        with pytest.raises(ToleranceError, match="differs from its source by up to"):
            require(Agreement(4, (output,)), "none", "m")


def test_a_file_that_returns_nothing_is_not_near_to_small_scores():
    source = [[scores * np.float32(1e-3)] for (scores,) in REFERENCE]
    nothing = [[np.full_like(scores, 1e-6)] for (scores,) in source]
    (output,) = compare([[a * 1e-3] for (a,) in source], [[a * 1e-3] for (a,) in nothing], ["scores"]).outputs
    assert output.largest_difference < 1e-5
    with pytest.raises(ToleranceError, match="differs from its source"):
        require(Agreement(2, (replace(output, bounded=True),)), "none", "m")
