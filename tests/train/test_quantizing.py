"""The 8-bit file is chosen by proof where the samples give one, else by what was measured, which is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgewright.data import Dataset, open_dataset
from edgewright.machine import silent
from edgewright.model import InputMetadata, Metadata, ModelFile, OutputMetadata
from edgewright.train import Parts, Plan
from edgewright.train.quantizing import joined, quantized
from edgewright.train.trainer import trainer_for

from ..optimize.networks import dense, fitted, with_outliers


@pytest.fixture(scope="module")
def fashion(shared_file: Callable[[str], Path]) -> Dataset:
    return open_dataset(shared_file("data/fashion_mnist_900.npz"))


@pytest.fixture(scope="module")
def model(fashion: Dataset) -> ModelFile:
    """A float classifier of clothes."""
    layers = fitted(fashion.x.reshape(-1, 784).astype(np.float32) / 255, fashion.labels, depth=3)
    metadata = Metadata(
        task="classification",
        inputs=(InputMetadata(mean=(0.0,), std=(255.0,)),),
        outputs=(OutputMetadata(labels=fashion.classes),),
    )
    return dense(layers, shape=[1, 28, 28, 1]).with_metadata(metadata)


def halves(dataset: Dataset, validation: int) -> Parts:
    order = np.random.default_rng(0).permutation(len(dataset))
    train, rest = dataset.take(order[validation:]), dataset.take(order[:validation])
    return Parts(train, rest, np.arange(len(train)))


@pytest.mark.parametrize(("count", "max_drop", "measured"), [(600, 0.05, False), (40, 0.01, True)])
def test_the_measured_change_decides_where_nothing_can_be_proven(
    count: int, max_drop: float, measured: bool, model: ModelFile, fashion: Dataset, tmp_path: Path
):
    parts = halves(fashion, count)
    found = quantized(model, trainer_for(fashion), parts, max_drop, Plan(folder=tmp_path), silent)
    assert found.model is not None
    assert found.model.size < model.size / 2
    assert found.point_estimate is measured
    if not measured:
        assert found.notices == ()
        assert found.proof.upper() <= found.max_drop == max_drop
        return
    (said,) = found.notices
    assert said == (
        "20 samples to choose by cannot prove the budget, so the measured change decides. One answer is 5.0% of them: "
        "so much is allowed, as nothing less can be seen."
    )
    assert found.max_drop == 0.05


def test_it_holds_no_times(model: ModelFile, fashion: Dataset, tmp_path: Path):
    found = quantized(model, trainer_for(fashion), halves(fashion, 40), 0.1, Plan(folder=tmp_path), silent)
    assert set(found.model.metadata.provenance.measured["optimize"]) == {
        "samples", "drop", "drop_upper95", "top1", "interval95"
    }  # fmt: skip


def test_the_first_part_is_the_one_to_calibrate_with(fashion: Dataset):
    parts = halves(fashion, 100)
    both = joined(parts.train, parts.validation)
    assert (len(both), both.train_count) == (900, 800)
    np.testing.assert_array_equal(both.labels[800:], parts.validation.labels)
    files = [Dataset([Path("a"), Path("b")], np.array([0, 1]), ("x", "y"), "files", "") for _ in range(2)]
    assert joined(*files).inputs == (Path("a"), Path("b")) * 2


def test_where_all_are_over_the_budget_more_samples_are_not_asked_for(
    fashion: Dataset, model: ModelFile, tmp_path: Path
):
    """A layer of few huge channels alone: no 8 bits hold it, and there is nothing to spare."""
    x, y = fashion.x.reshape(-1, 784).astype(np.float32) / 255, fashion.labels
    ruined = dense(with_outliers(fitted(x, y, depth=2), 0), shape=[1, 28, 28, 1]).with_metadata(model.metadata)
    found = quantized(ruined, trainer_for(fashion), halves(fashion, 600), 0.01, Plan(folder=tmp_path), silent)
    assert found.model is None
    assert {candidate.status for candidate in found.candidates} <= {"over budget", "stopped early"}
    assert not found.point_estimate
    assert not any("cannot prove" in notice for notice in found.notices)
