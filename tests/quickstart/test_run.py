"""What the quickstart makes of its data before it trains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgewright.machine import silent
from edgewright.quickstart.run import _pictures


@pytest.mark.parametrize("divisor", [1, 255])
def test_pictures_that_were_divided_already_are_pixels_again(
    shared_file: Callable[[str], Path], tmp_path: Path, divisor: int
) -> None:
    with np.load(shared_file("data/fashion_mnist_900.npz")) as stored:
        x, y = stored["x"], stored["y"]
    np.savez(tmp_path / "data.npz", x=x / np.float32(divisor), y=y)
    found = _pictures(tmp_path / "data.npz", silent)
    assert found.x.dtype == np.uint8
    np.testing.assert_array_equal(found.x, x)
