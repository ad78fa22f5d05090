"""A small backbone, and folders of small pictures that it can tell apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgewright.train.pictures.trainer import ENVIRONMENT
from train.forking import Forks

PROGRAM = Path(__file__).with_name("training_program.py")

KINDS = ("across", "down", "rings")


@pytest.fixture(scope="session")
def tiny_backbone(built_by: Callable[[str], Path]) -> Path:
    """A network of 32 x 32 pixels."""
    return built_by("train/pictures/build_backbones.py") / "tiny.keras"


def draw(kind: str, random: np.random.RandomState, side: int = 40) -> np.ndarray:
    """A picture of a kind: stripes or rings of random width and color, under noise."""
    rows, columns = np.mgrid[0:side, 0:side]
    along = {"across": rows, "down": columns, "rings": np.hypot(rows - side / 2, columns - side / 2)}[kind]
    waves = np.sin(along / random.uniform(1.5, 3) + random.uniform(0, 6))[..., None]
    pixels = 128 + 100 * waves * random.uniform(0.4, 1, 3) + random.normal(0, 20, (side, side, 3))
    return np.clip(pixels, 0, 255).astype(np.uint8)


def fill(folder: Path, count: int, seed: int = 0) -> Path:
    """Class folders with so many pictures of each kind."""
    random = np.random.RandomState(seed)
    for kind in KINDS:
        (folder / kind).mkdir(parents=True)
        for number in range(count):
            Image.fromarray(draw(kind, random)).save(folder / kind / f"{number:03}.png")
    return folder


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pictures of each of three kinds."""
    return fill(tmp_path_factory.mktemp("kinds") / "kinds", 10)


def told(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What trainings say that run one after another in processes of their own, as the program's options have them."""
    with Forks(PROGRAM, **ENVIRONMENT) as forks:
        return [forks(**options) for options in runs]
