"""A few real pictures of clothes, and what a backbone is for the tests: the published extractor and small ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.data import Dataset, open_dataset
from edgewright.model import ModelFile


@pytest.fixture(scope="session")
def fashion(shared_file: Callable[[str], Path]) -> Dataset:
    return open_dataset(shared_file("data/fashion_mnist_900.npz"))


@pytest.fixture(scope="session")
def few(fashion: Dataset) -> Dataset:
    """Five pictures each of trousers, pullovers and sneakers."""
    places = np.concatenate([np.flatnonzero(fashion.labels == index)[:5] for index in (1, 2, 7)])
    names = ("trouser", "pullover", "sneaker")
    return dataclasses.replace(fashion.take(places), targets=np.repeat(np.arange(3), 5), classes=names)


@pytest.fixture(scope="session")
def published(shared_file: Callable[[str], Path]) -> Callable[[str], ModelFile]:
    def read(name: str, **_: Any) -> ModelFile:
        return ModelFile.read(shared_file(f"models/{name}.tflite"))

    return read
