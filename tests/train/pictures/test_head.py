"""The head by regression: what it tells, and that samples that are nearly the same never help each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.train.pictures.choosing import Mirroring
from edgewright.train.pictures.head import fit_head, folds_of, told


def clouds(count: int, samples: int, width: int, seed: int, apart: float = 3) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.RandomState(seed)
    classes = np.arange(count * samples) % count
    return (random.normal(size=(count, width))[classes] * apart + random.normal(size=(len(classes), width))), classes


@settings(max_examples=10, deadline=None)
@given(count=st.integers(2, 4), width=st.sampled_from([3, 40]), balanced=st.booleans(), seed=st.integers(0, 99))
def test_layer_says_what_the_regression_says(count: int, width: int, balanced: bool, seed: int) -> None:
    """More features than samples or fewer: turned or not, the layer on plain features tells clouds apart."""
    features, classes = clouds(count, 10, width, seed, apart=6)
    folds = folds_of(classes, np.arange(len(classes)), seed)
    head = fit_head(features, classes, count, folds, balanced=balanced)
    assert head.weights.shape == (width, count)
    answers = (features @ head.weights + head.bias).argmax(axis=1)
    assert (answers == classes).mean() > 0.9
    again = fit_head(features, classes, count, folds, balanced=balanced)
    np.testing.assert_array_equal(again.weights, head.weights)


@settings(max_examples=20, deadline=None)
@given(groups=st.lists(st.integers(0, 6), min_size=12, max_size=40), seed=st.integers(0, 99))
def test_no_group_is_on_both_sides_of_a_fold(groups: list[int], seed: int) -> None:
    numbers, classes = np.array(groups), np.arange(len(groups)) % 3
    for train, held_out in folds_of(classes, numbers, seed):
        assert not set(numbers[train]) & set(numbers[held_out])


def test_twins_in_one_group_do_not_make_it_look_better() -> None:
    random = np.random.RandomState(0)
    features, classes = np.repeat(random.normal(size=(30, 20)), 2, axis=0), np.repeat(np.arange(30) % 3, 2)
    noise = fit_head(features, classes, 3, folds_of(classes, np.repeat(np.arange(30), 2), 0), balanced=True)
    leaked = fit_head(features, classes, 3, folds_of(classes, np.arange(60), 0), balanced=True)
    assert noise.accuracy is not None
    assert leaked.accuracy is not None
    assert noise.accuracy < 0.6 < leaked.accuracy


def test_one_group_alone_cannot_be_validated() -> None:
    features, classes = clouds(2, 5, 4, 0)
    head = fit_head(features, classes, 2, folds_of(classes, np.zeros(10, int), 0), balanced=True)
    assert head.accuracy is None
    assert head.loss is None


def test_a_class_without_samples_is_never_the_answer() -> None:
    features, classes = clouds(2, 10, 4, 0)
    head = fit_head(features, classes * 2, 3, (), balanced=True)
    assert set((features @ head.weights + head.bias).argmax(axis=1)) == {0, 2}


def test_rare_class_counts_as_much_where_that_is_asked_for() -> None:
    features, classes = clouds(2, 100, 5, 3, apart=0.4)
    kept = np.r_[np.flatnonzero(classes == 0), np.flatnonzero(classes == 1)[:10]]
    answers = {
        balanced: (features[kept] @ head.weights + head.bias).argmax(axis=1)
        for balanced in (True, False)
        for head in [fit_head(features[kept], classes[kept], 2, (), balanced=balanced)]
    }
    assert answers[True].sum() > answers[False].sum()


def test_what_is_asked_of_other_views_is_of_pictures_left_out() -> None:
    features, classes = clouds(3, 20, 6, 0)
    folds = folds_of(classes, np.arange(60), 0)
    plain, turned = told(features, (features, features[:, ::-1]), classes, 3, folds, balanced=True)
    assert plain > 0.8 > turned


def test_nobody_knows_of_a_mirror_where_there_are_no_folds() -> None:
    features, classes = clouds(3, 20, 6, 0)
    folds = folds_of(classes, np.arange(60), 0)
    assert Mirroring.of((features, features[:, ::-1]), classes, 3, folds, balanced=True).harmless is False
    alone = folds_of(classes, np.zeros(60, np.int64), 0)
    assert Mirroring.of((features, features), classes, 3, alone, balanced=True) is None


@pytest.mark.parametrize(
    ("plain", "mirrored", "harmless"), [(0.9, 0.9, True), (0.9, 0.88, True), (0.9, 0.5, False), (1.0, 0.99, True)]
)
def test_a_mirror_is_harmless_where_classes_are_still_told(plain: float, mirrored: float, harmless: bool) -> None:
    assert Mirroring(100, plain, mirrored).harmless is harmless
