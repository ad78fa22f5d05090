"""Photographs of the second act: all are read before the work, so that none costs a whole run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.errors import DataError
from edgewright.quickstart.photos import choose_photos


@pytest.mark.parametrize("kind", ["jpg", "png"])
def test_a_photograph_that_ends_too_early_is_refused_before_the_work(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"photo.{kind}"
    Image.fromarray(np.random.RandomState(0).randint(0, 256, (200, 300, 3)).astype(np.uint8)).save(path)
    assert path in choose_photos([str(path)])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=path.name):
        choose_photos([str(path)])
