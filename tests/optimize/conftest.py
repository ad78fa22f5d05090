"""What the tests of candidates have in common: data, and networks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgewright.data import ClassTarget
from edgewright.model import Metadata, ModelFile, OutputMetadata
from edgewright.optimize.inputs.prepared import PreparedData
from edgewright.optimize.scoring import Scoring

from .networks import dense, fitted, with_outliers

CLASSES = 10
DEPTH = 22
OUTLIERS_BEHIND = 9


@pytest.fixture(scope="session")
def fashion(shared_file: Callable[[str], Path]) -> tuple[np.ndarray, np.ndarray]:
    """900 pictures of clothes as (900, 784) float32 from 0 to 1, and their classes."""
    with np.load(shared_file("data/fashion_mnist_900.npz")) as data:
        return data["x"].reshape(-1, 784).astype(np.float32) / 255, data["y"].astype(np.int64)


@pytest.fixture(scope="session")
def shallow(fashion: tuple[np.ndarray, np.ndarray]) -> ModelFile:
    """Three layers, with labels inside the file."""
    model = dense(fitted(*fashion, depth=3))
    labels = tuple(f"class {number}" for number in range(CLASSES))
    return model.with_metadata(Metadata(name="clothes", outputs=(OutputMetadata(labels=labels),)))


@pytest.fixture(scope="session")
def collapsing(fashion: tuple[np.ndarray, np.ndarray]) -> ModelFile:
    """22 layers, of which int8 leaves nothing because of a few huge channels between layers 9 and 10."""
    return dense(with_outliers(fitted(*fashion, depth=DEPTH), OUTLIERS_BEHIND))


@pytest.fixture
def prepared(fashion: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> PreparedData:
    """The 900 pictures as the networks take them: 100 to calibrate, 400 to select, 400 to prove."""
    x, y = fashion
    path = tmp_path / "inputs.npy"
    np.save(path, x.reshape(900, 1, 784))
    order = np.random.default_rng(0).permutation(900)
    classes, names = tuple(map(str, range(CLASSES))), tuple(map(str, range(900)))
    scoring = Scoring("classification", ClassTarget, "top1")
    return PreparedData(path, y, classes, "digest", order[:100], order[100:500], order[500:], names, scoring)
