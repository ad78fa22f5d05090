"""Work with a real model, and small real pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from edgewright.model import ModelFile
from edgewright.scale import Work

MODEL = "models/mobilenet_v2_1.0_224_quant.tflite"


@pytest.fixture(scope="session")
def work(shared_file: Callable[[str], Path]) -> Work:
    return Work.of(ModelFile.read(shared_file(MODEL)), {})


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with 25 pictures, in two folders, and what is no input beside them."""
    folder = tmp_path / "pictures"
    (folder / "b").mkdir(parents=True)
    for number in range(25):
        name = f"{number:03}.png" if number % 2 else f"b/{number:03}.PNG"
        Image.new("RGB", (8, 8), (number * 10, 0, 0)).save(folder / name)
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_bytes((folder / "001.png").read_bytes())
    return folder
