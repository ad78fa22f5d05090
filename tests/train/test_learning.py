"""What learning on parts says of more samples, beside what more samples bring."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.train.learning import Folds, _extrapolated, _in_turn, learning_curve
from edgewright.train.teaching.ridge import fit
from edgewright.train.trainer import CurvePoint

Indices = npt.NDArray[np.int64]

WIDTH, CLASSES = 24, 4


def drawn(n: int, seed: int, apart: float = 1.1) -> tuple[npt.NDArray[np.float32], Indices]:
    """Samples of classes that overlap, as features of photographs do."""
    random = np.random.RandomState(seed)
    classes = np.arange(n) % CLASSES
    centers = np.random.RandomState(7).standard_normal((CLASSES, WIDTH)) * apart / np.sqrt(2)
    return (centers[classes] + random.standard_normal((n, WIDTH))).astype(np.float32), classes.astype(np.int64)


def split_of(groups: Indices, count: int = 4) -> Callable[[int], Folds]:
    """Folds that share no group."""

    def split(seed: int) -> Folds:
        number = np.unique(groups, return_inverse=True)[1]
        fold = (np.random.RandomState(seed).permutation(number.max() + 1) % count)[number]
        return [(np.flatnonzero(fold != one), np.flatnonzero(fold == one)) for one in range(count)]

    return split


def curve_of(n: int, seed: int = 0, apart: float = 1.1) -> tuple[CurvePoint, ...]:
    features, classes = drawn(n, seed, apart)
    groups = np.arange(n)
    return learning_curve(features, classes, groups, split_of(groups), seed=seed)


def test_points_are_measured_then_predicted() -> None:
    curve = curve_of(120)
    assert [point.n for point in curve] == [11, 17, 22, 34, 45, 68, 90, 240, 1200]
    assert [point.predicted for point in curve] == [False] * 7 + [True] * 2
    for point in curve:
        assert 0 <= point.low <= point.value <= point.high <= 1


def test_what_more_bring_is_within_what_is_predicted() -> None:
    """Ten times as many samples of the same kind, learned from, beside what a tenth of them promised."""
    features, classes = drawn(1200, 100)
    others, truth = drawn(3000, 200)
    unit = [one / np.linalg.norm(one, axis=1, keepdims=True) for one in (features, others)]
    reached = float((fit(unit[0], classes, CLASSES).head(unit[1]).argmax(axis=1) == truth).mean())
    last = [curve_of(120, seed)[-1] for seed in range(5)]
    assert sum(point.low <= reached <= point.high for point in last) >= 4
    assert abs(np.mean([point.value for point in last]) - reached) < 0.05


def test_the_same_for_the_same_seed() -> None:
    assert curve_of(60) == curve_of(60)


def test_all_right_is_no_promise_of_all_right() -> None:
    point = curve_of(80, apart=20)[-1]
    assert point.value > 0.98
    assert 0.9 < point.low < 1


def test_too_few_say_nothing() -> None:
    features, classes = drawn(39, 0)
    assert learning_curve(features, classes, np.arange(39), split_of(np.arange(39)), seed=0) == ()
    features, classes = drawn(60, 0)
    assert learning_curve(features, classes, np.arange(60), lambda _seed: [], seed=0) == ()


def test_samples_that_hang_together_widen_the_interval() -> None:
    """Eight copies of 30 samples are known no better than the 30."""
    features, classes = drawn(30, 3)
    copies, groups = np.repeat(features, 8, axis=0), np.repeat(np.arange(30), 8)
    random = np.random.RandomState(0)
    copies = copies + random.standard_normal(copies.shape).astype(np.float32) * 0.01
    curve = learning_curve(copies, np.repeat(classes, 8), groups, split_of(groups), seed=0)
    measured = [point for point in curve if not point.predicted][-1]
    alone = [point for point in curve_of(240) if not point.predicted][-1]
    assert measured.high - measured.low > 1.5 * (alone.high - alone.low)


def test_a_rare_class_is_in_every_part() -> None:
    features, classes = drawn(200, 0)
    kept = np.flatnonzero((classes > 0) | (np.arange(200) < 40))
    groups = np.arange(len(kept))
    curve = learning_curve(features[kept], classes[kept], groups, split_of(groups), seed=0)
    assert len(curve) >= 6


@given(st.lists(st.integers(0, 3), min_size=8, max_size=60), st.integers(1, 30), st.integers(0, 2**31))
def test_any_first_part_has_each_class_in_proportion(labels: list[int], groups: int, seed: int) -> None:
    classes = np.array(labels, np.int64)
    random = np.random.RandomState(seed)
    order = _in_turn(classes, random.randint(0, groups, len(classes)), random)
    assert sorted(order.tolist()) == list(range(len(classes)))
    present = np.unique(classes)
    assert set(classes[order[: len(present)]]) == set(present)
    for size in range(len(present), len(classes) + 1):
        of_class = np.bincount(classes[order[:size]], minlength=4)
        wanted = size * np.bincount(classes, minlength=4) / len(classes)
        assert (np.abs(of_class - wanted) <= len(present) + 1).all()


@given(
    st.floats(0, 0.3), st.floats(0.1, 0.8), st.sampled_from([0.1, 0.25, 0.5, 0.75, 1.0]), st.sampled_from([100, 1000])
)
def test_a_law_is_found_again(floor: float, slope: float, exponent: float, wanted: int) -> None:
    sizes = np.array([10, 15, 20, 30, 40, 60, 80])
    errors = floor + slope * sizes.astype(float) ** -exponent
    found = _extrapolated(sizes, errors[None], np.ones(len(sizes)), np.array([wanted]))[0, 0]
    assert found == pytest.approx(floor + slope * wanted**-exponent, abs=0.03)
    assert 0 <= found <= errors.min() + 1e-9


def test_what_does_not_fall_stays_as_it_is() -> None:
    sizes = np.array([10, 20, 40, 80])
    rising = np.array([[0.1, 0.2, 0.3, 0.4]])
    assert 0 <= _extrapolated(sizes, rising, np.ones(4), np.array([800]))[0, 0] <= 0.4
