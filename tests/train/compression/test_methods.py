"""Pruning and clustering of a small network: what comes out, and that it is the same when it was stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from edgewright.machine import silent
from edgewright.train.compression.clustering import Clustering
from edgewright.train.compression.method import Applied, Settings, methods_named
from edgewright.train.compression.pruning import MagnitudePruning
from edgewright.train.compression.samples import Samples

PRUNED = Settings(sparsity=0.75, epochs=5, learning_rate=1e-2)
CLUSTERED = Settings(clusters=6, epochs=2, before=("prune",))


class StoppedError(Exception):
    """What a caller that has enough raises."""


@pytest.fixture(scope="module")
def small(built_by: Callable[[str], Path]) -> Path:
    return built_by("train/compression/build_small.py")


@pytest.fixture(scope="module")
def samples(small: Path) -> Samples:
    parts = np.split(np.arange(240), [140, 180])
    return Samples(small / "inputs.npy", np.load(small / "kinds.npy"), *parts, "digest")


@pytest.fixture(scope="module")
def pruned(small: Path, samples: Samples, tmp_path_factory: pytest.TempPathFactory) -> Applied:
    folder = tmp_path_factory.mktemp("pruned")
    return MagnitudePruning().apply(small / "network.keras", samples, PRUNED, folder, silent)


def weights_of(network: Path, tmp_path: Path) -> dict[str, np.ndarray]:
    """The weights of a `.keras` file's layers by their path in it."""
    with zipfile.ZipFile(network) as archive:
        archive.extract("model.weights.h5", tmp_path)
    found: dict[str, np.ndarray] = {}

    def look(path: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and path.startswith("layers/"):
            found[path] = item[()]

    with h5py.File(tmp_path / "model.weights.h5") as file:
        file.visititems(look)
    return found


def kernels(network: Path, tmp_path: Path) -> list[np.ndarray]:
    """Those of the convolutions that are not depthwise, and of the dense layer."""
    found = weights_of(network, tmp_path).items()
    return [value for path, value in found if value.ndim > 1 and "depthwise" not in path]


def test_the_smallest_weights_are_zero_and_the_network_still_knows(pruned: Applied, small: Path, tmp_path: Path):
    assert pruned.facts == {"sparsity": 0.75, "zeros": pytest.approx(0.74, abs=0.02)}
    assert pruned.score is not None
    assert pruned.score > 0.9
    assert len(pruned.epochs) == 5
    found = kernels(pruned.network, tmp_path)
    assert len(found) == 3
    assert all(np.any(kernel.reshape(-1, kernel.shape[-1]), axis=0).all() for kernel in found)
    names = weights_of(pruned.network, tmp_path).keys()
    assert names == weights_of(small / "network.keras", tmp_path).keys()  # BatchNormalization is still there
    depthwise = [value for path, value in weights_of(pruned.network, tmp_path).items() if "depthwise" in path]
    assert all(np.count_nonzero(value) for value in depthwise)


def test_one_that_was_stopped_ends_as_one_that_was_not(pruned: Applied, small: Path, samples: Samples, tmp_path: Path):
    said: list[tuple[str, int]] = []

    def until_the_second_epoch(step: str, done: int, total: int) -> None:
        said.append((step, done))
        if step.startswith("pruning") and done > 7:
            raise StoppedError

    with pytest.raises(StoppedError):
        MagnitudePruning().apply(small / "network.keras", samples, PRUNED, tmp_path, until_the_second_epoch)
    again = MagnitudePruning().apply(small / "network.keras", samples, PRUNED, tmp_path, silent)
    assert (tmp_path / "epoch.npz").exists()
    assert again.network.read_bytes() == pruned.network.read_bytes()
    assert [epoch.loss for epoch in again.epochs] == [epoch.loss for epoch in pruned.epochs]


def test_weights_share_few_values_and_pruned_ones_stay_zero(pruned: Applied, samples: Samples, tmp_path: Path):
    made = Clustering().apply(pruned.network, samples, CLUSTERED, tmp_path, silent)
    before, after = kernels(pruned.network, tmp_path), kernels(made.network, tmp_path)
    assert [len(np.unique(kernel)) <= 6 for kernel in after] == [True] * 3
    assert made.facts == {"clusters": 6, "values": max(len(np.unique(kernel)) for kernel in after)}
    assert all(np.array_equal(one == 0, other == 0) for one, other in zip(before, after, strict=True))
    assert made.score is not None
    assert made.score > 0.9


def test_the_gradient_of_a_shared_value_is_the_sum_of_those_of_its_weights():
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    program = Path(__file__).with_name("sharing_program.py")
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, env=quiet, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    sums = [0.0 if place == told["zero"] else value for place, value in enumerate(told["sums"])]
    assert told["shared"] == pytest.approx(sums, rel=1e-3)
    assert told["moved"] == pytest.approx(0.5, abs=1e-6)
    assert (told["zeros stay"], told["means moved"], told["kernel is trained"], told["trains again"]) == (
        True, True, False, True,
    )  # fmt: skip


def test_both_are_found_by_name_in_the_order_in_which_they_are_applied():
    assert [method.name for method in methods_named(["qat", "cluster", "prune"])] == ["prune", "cluster", "qat"]
