"""What an exported program says of made-up pictures, and what `run` says of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from edgewright.deploy.description import Boxes, Description
from edgewright.task import Classification, Detections, open_task

Found = list[tuple[int, float, tuple[float, ...]]]
"""Class, score and box (left, top, right and bottom in pixels of the picture; empty for a classifier), best first."""

MOST = 5
"""Classes of a classifier that are compared."""


def made_up_pictures(folder: Path) -> list[Path]:
    """Two photographs of nothing, one of them a JPEG that is decoded at a smaller size."""
    paths = [folder / "small.png", folder / "large.jpg"]
    for path, (height, width) in zip(paths, [(301, 227), (1200, 1600)], strict=True):
        Image.fromarray(made_up(height, width)).save(path)
    return paths


def made_up(height: int, width: int) -> npt.NDArray[np.uint8]:
    """A picture (height, width, 3) of colored blobs with some noise, always the same."""
    random = np.random.default_rng(height * width)
    coarse = Image.fromarray(random.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)).astype(np.int16)
    noisy: npt.NDArray[np.uint8] = np.clip(smooth + random.integers(-9, 10, smooth.shape), 0, 255).astype(np.uint8)
    return noisy


def said_here(described: Description, pictures: Sequence[Path | npt.NDArray[Any]], **options: Any) -> list[Found]:
    """What `run` says of pictures, of detections however unsure; `options` go over what the file says."""
    if isinstance(described.decoding, Boxes):
        options["threshold"] = 0.0
    with open_task(described.model, **options) as task:
        return [found_in(task(picture)) for picture in pictures]


def found_in(result: Any) -> Found:
    """A result as plain numbers."""
    if isinstance(result, Classification):
        return [(best.index, best.score, ()) for best in result.top(MOST)]
    if isinstance(result, Detections):
        rows = zip(result.class_id, result.confidence, result.xyxy, strict=True)
        return [(int(number), float(score), tuple(map(float, box))) for number, score, box in rows]
    raise TypeError(f"{type(result).__name__} has no classes or boxes")
