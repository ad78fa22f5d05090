"""The last layer in closed form: held to fits that leave a sample out in fact."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from edgewright.train import fit
from edgewright.train.teaching.ridge import _LAMBDAS, _Problem, softmax

Array = npt.NDArray[np.float64]


def drawn(sizes: tuple[int, ...], width: int, seed: int = 0) -> tuple[Array, npt.NDArray[np.int64]]:
    """Features of length 1 around a center for each class."""
    random = np.random.default_rng(seed)
    classes = np.repeat(np.arange(len(sizes)), sizes)
    centers = random.normal(size=(len(sizes), width))
    features = centers[classes] + 1.5 * random.normal(size=(len(classes), width)) + 1
    return features / np.linalg.norm(features, axis=1, keepdims=True), classes


def solved(features: Array, classes: npt.NDArray[np.int64], weights: Array, lam: float) -> tuple[Array, Array]:
    """Weighted ridge regression with a free bias, from the normal equations."""
    wanted = np.eye(classes.max() + 1)[classes]
    center, target = weights @ features / weights.sum(), weights @ wanted / weights.sum()
    moved = features - center
    gram = moved.T @ (weights[:, None] * moved) + lam * np.eye(features.shape[1])
    found = np.linalg.solve(gram, moved.T @ (weights[:, None] * (wanted - target)))
    return found, target - center @ found


@pytest.mark.parametrize(("sizes", "width"), [((4, 6, 3), 20), ((20, 11, 30), 7)])
@pytest.mark.parametrize("share", [0.01, 0.5, 10.0])
def test_what_is_left_out_has_no_part_in_what_is_said_of_it(sizes: tuple[int, ...], width: int, share: float) -> None:
    """More features than samples, and less; against a fit without each sample."""
    features, classes = drawn(sizes, width)
    weights = (len(classes) / (len(sizes) * np.bincount(classes)))[classes]
    problem = _Problem.of(features, np.eye(len(sizes))[classes], weights)
    told = problem._left_out(share)
    for place in range(len(classes)):
        others = np.arange(len(classes)) != place
        found, bias = solved(features[others], classes[others], weights[others], problem._lam(share))
        np.testing.assert_allclose(features[place] @ found + bias, told[place], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("sizes", "width"), [((4, 6, 3), 20), ((20, 11, 30), 7)])
def test_the_head_is_the_solution(sizes: tuple[int, ...], width: int) -> None:
    features, classes = drawn(sizes, width)
    fitted = fit(features, classes, len(sizes))
    deviation = features.std(axis=0)
    louder = features / np.sqrt(deviation + 0.1 * deviation.mean())
    weights = (len(classes) / (len(sizes) * np.bincount(classes)))[classes]
    moved = louder - weights @ louder / weights.sum()
    lam = fitted.regularization * float((weights[:, None] * moved**2).sum()) / len(classes)
    found, bias = solved(louder, classes, weights, lam)
    wanted = softmax(fitted.factor * (louder @ found + bias))
    np.testing.assert_allclose(fitted.head(features), wanted, atol=1e-5)


def test_classes_count_the_same_however_many_samples_they_have() -> None:
    """Samples that stand for nothing: with one weight each, all would be called by the largest class."""
    random = np.random.default_rng(3)
    classes = np.repeat(np.arange(2), (90, 10))
    features = random.normal(size=(100, 5))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    told = fit(features, classes, 2).head(random.normal(size=(1000, 5)))
    assert 0.2 < (told.argmax(axis=1) == 0).mean() < 0.8


def test_nothing_is_learned_from_noise_and_all_from_what_is_apart() -> None:
    random = np.random.default_rng(4)
    classes = np.repeat(np.arange(4), 10)
    noise = random.normal(size=(40, 64))
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    told = fit(noise, classes, 4).left_out
    assert (told.argmax(axis=1) == classes).mean() < 0.5
    assert told.max() < 0.6, "what is guessed is said to be a guess"
    apart = np.eye(64)[classes] + 0.01 * noise
    sure = fit(apart, classes, 4).left_out
    assert (sure.argmax(axis=1) == classes).all()
    assert sure[np.arange(40), classes].min() > 0.9


def test_features_that_are_all_the_same_end_in_a_guess() -> None:
    told = fit(np.ones((6, 3)) / np.sqrt(3), np.repeat([0, 1], 3), 2)
    assert np.isfinite(told.head.weights).all()
    np.testing.assert_allclose(told.head(np.ones((1, 3))), [[0.5, 0.5]], atol=1e-6)


def test_the_choice_covers_what_sets_need() -> None:
    assert _LAMBDAS[0] == pytest.approx(1e-4)
    assert _LAMBDAS[-1] == pytest.approx(100)
