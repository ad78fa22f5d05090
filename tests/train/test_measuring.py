"""What a figure is worth: measured on what nothing was fitted to, with an interval that counts what is independent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgewright.data import Dataset, open_dataset
from edgewright.machine import silent
from edgewright.media import Series
from edgewright.model import InputMetadata, Metadata, ModelFile, OutputMetadata
from edgewright.train import Parts
from edgewright.train.measuring import Measuring
from edgewright.train.series.anomalies import AnomalyTrainer
from edgewright.train.trainer import trainer_for

from ..optimize.networks import dense, fitted


@pytest.fixture(scope="module")
def fashion(shared_file: Callable[[str], Path]) -> Dataset:
    return open_dataset(shared_file("data/fashion_mnist_900.npz")).take(np.arange(60) * 15)


@pytest.fixture(scope="module")
def model(fashion: Dataset) -> ModelFile:
    """It learned every second picture as something else."""
    labels = np.where(np.arange(60) % 2, fashion.labels, (fashion.labels + 1) % 10)
    layers = fitted(fashion.x.reshape(-1, 784).astype(np.float32) / 255, labels, depth=2)
    metadata = Metadata(
        task="classification",
        inputs=(InputMetadata(mean=(0.0,), std=(255.0,)),),
        outputs=(OutputMetadata(labels=fashion.classes),),
    )
    return dense(layers, shape=[1, 28, 28, 1]).with_metadata(metadata)


def repeated(fashion: Dataset) -> Measuring:
    """Six pictures, of each ten frames."""
    frames = fashion.take(np.repeat(np.arange(6), 10))
    return Measuring.of(trainer_for(frames), Parts(frames, frames, np.arange(60), np.arange(60) // 10), None)


def test_the_interval_counts_groups_not_their_members(model: ModelFile, fashion: Dataset) -> None:
    by_groups = repeated(fashion)
    each = replace(by_groups, groups=np.arange(60))
    trainer = trainer_for(fashion)
    wide, narrow = (one.evaluated(trainer, model, None, silent) for one in (by_groups, each))
    assert wide.value == narrow.value
    assert 0 < wide.value < 1
    assert wide.interval[1] - wide.interval[0] > 1.5 * (narrow.interval[1] - narrow.interval[0])
    assert by_groups.notices(wide)[-1].startswith(
        "60 samples to measure on are of 6 groups whose members hang together"
    )
    assert by_groups.noted(model, wide).metadata.provenance.measured["train"]["interval95"] == list(wide.interval)


def test_one_group_has_no_interval(model: ModelFile, fashion: Dataset) -> None:
    alone = replace(repeated(fashion), groups=np.zeros(60, np.int64))
    scored = alone.evaluated(trainer_for(fashion), model, None, silent)
    assert not alone.bounded(scored)
    assert "interval95" not in alone.noted(model, scored).metadata.provenance.measured["train"]


def test_what_cannot_be_read_is_said_and_not_counted(model: ModelFile, fashion: Dataset, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    mixed = Dataset([*fashion.inputs[:20], broken], fashion.labels[:21], fashion.classes, "mixed", "")
    measuring = Measuring(Parts(mixed, mixed, np.arange(21)), mixed, np.arange(21), "test")
    scored = measuring.evaluated(trainer_for(fashion), model, None, silent)
    assert scored.total == 20
    (said,) = measuring.notices(scored)
    assert said.startswith("1 of 21 samples to measure on cannot be read and are left out. The first: ")


def recordings(count: int) -> Dataset:
    rows = np.random.default_rng(0).normal(size=(count, 200, 3)).astype(np.float32)
    return Dataset([Series(one, (), 50.0, f"{place}") for place, one in enumerate(rows)], None, (), "normal", "")


def test_a_threshold_is_measured_on_recordings_that_did_not_set_it() -> None:
    unseen = recordings(5)
    parts = Parts(unseen, unseen, np.arange(5), np.array([0, 1, 0, 2, 1]))
    measuring = Measuring.of(AnomalyTrainer(), parts, None)
    setting = [one.name for one in measuring.finishing.validation.inputs]
    assert (setting, [one.name for one in measuring.samples.inputs]) == (["0", "2", "3"], ["1", "4"])
    assert not measuring.circular


def test_one_recording_sets_the_threshold_and_proves_nothing() -> None:
    unseen = recordings(1)
    measuring = Measuring.of(AnomalyTrainer(), Parts(unseen, unseen, np.arange(1), np.arange(1)), None)
    assert measuring.circular
    assert len(measuring.samples) == len(measuring.finishing.validation) == 1
