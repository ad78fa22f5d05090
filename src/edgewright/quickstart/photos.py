"""Act two: a trained network, fetched by name, and photographs; its float and its full-integer version side by side."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from edgewright import hub
from edgewright.errors import DataError
from edgewright.machine import Progress, Timing, interleave, silent
from edgewright.media import find_pictures, load_image, varied_crops
from edgewright.model import ModelFile
from edgewright.spelling import argument, either
from edgewright.task import TOP, Classification, open_task

NAME = "efficientnet_lite0"

# Crops that the full-integer version is measured on, over all photographs.
_CROPS = 48


@dataclass(frozen=True)
class Photo:
    """A photograph and what both versions say of it."""

    path: Path
    real: Classification
    integer: Classification

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"path": str(self.path), "float": self.real.to_dict(), "int8": self.integer.to_dict()}


@dataclass(frozen=True)
class Photos:
    """The second act: both models, what they say of each photograph, and how fast."""

    title: str
    real: ModelFile
    integer: ModelFile
    photos: tuple[Photo, ...]
    timings: dict[str, Timing]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "model": self.title,
            "bytes": {"float": self.real.size, "int8": self.integer.size},
            "latency": {name: timing.to_dict() for name, timing in self.timings.items()},
            "photos": [photo.to_dict() for photo in self.photos],
        }


def sample_photo() -> Path | None:
    """The photograph of Grace Hopper that matplotlib ships; `None` where matplotlib is not installed."""
    spec = importlib.util.find_spec("matplotlib")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "mpl-data" / "sample_data" / "grace_hopper.jpg"
        if path.exists():
            return path
    return None


def choose_photos(given: Sequence[str]) -> list[Path]:
    """The sample photograph and those that `given` (files, folders, patterns) stands for.

    Raises `DataError` for one that cannot be read, before any work is done on the others.
    """
    sample = sample_photo()
    photos = [*([sample] if sample else []), *find_pictures(given)]
    if not photos:
        none = either(python="photos=None", command="--no-photos")
        raise DataError(
            f"no photographs to classify: name some with {argument('photos')}, or leave them out with {none}"
        )
    for photo in photos:
        load_image(photo)  # a header says nothing of what is missing behind it
    return photos


def classify_photos(photos: Sequence[Path], *, progress: Progress = silent) -> Photos:
    """Fetch the network unless it is there, make its full-integer version, and classify every photograph with both.

    Raises `HubError` where the network cannot be had, and what reading the photographs raises.
    """
    real = hub.get(NAME, progress=progress)
    each = -(-_CROPS // len(photos))
    crops = [crop for photo in photos for crop in varied_crops(photo, each)]
    integer = hub.quantized(NAME, crops, progress=progress)
    with open_task(real) as first, open_task(integer) as second:
        results = []
        for done, photo in enumerate(photos, 1):
            results.append(Photo(photo, first(photo), second(photo)))
            progress("classify", done, len(photos))
        picture = load_image(photos[0])
        timings = interleave({"float": partial(first, picture), "int8": partial(second, picture)}, progress=progress)
    return Photos(hub.entry(NAME).title, real, integer, tuple(results), timings)


def ranking(photo: Photo) -> list[tuple[str, float, float]]:
    """The ten best labels of the float version, each with the scores of both."""
    return [(one.label, one.score, float(photo.integer.scores[one.index])) for one in photo.real.top(TOP)]
