"""Keypoints in COCO's JSON: a category names its points, and each annotation has x, y and visibility of all of them.

Source: https://cocodataset.org/#format-data, "Keypoint Detection".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.brief import count
from edgewright.data.dataset import Dataset
from edgewright.data.formats.boxes import is_file
from edgewright.data.targets import KeypointsTarget
from edgewright.errors import DataError
from edgewright.media import one_line

Entry = Mapping[str, Any]

_MOST_POINTS = 1000


@dataclass
class PosedPicture:
    """A picture and its figures so far: of each (x, y, visibility) of all points, and its area."""

    path: Path
    points: list[list[float]] = field(default_factory=list)
    areas: list[float] = field(default_factory=list)


def keypoint_names(categories: Sequence[Entry], where: str) -> tuple[str, ...]:
    """The names of the points, empty where no category has any. Raises DataError where they are no names or differ."""
    named = [entry["keypoints"] for entry in categories if entry.get("keypoints")]
    if not named:
        return ()
    names = named[0]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len(names) > _MOST_POINTS:
        raise DataError(f"{where}: the keypoints of a category are {one_line(repr(names))[:40]}; a list of names is")
    if any(other != names for other in named) or len(set(names)) != len(names):
        raise DataError(f"{where}: categories with different keypoints, or a keypoint that is there twice")
    return tuple(map(one_line, names))


def keypoints_dataset(
    pictures: Mapping[int | str, PosedPicture],
    annotations: Sequence[Entry],
    names: tuple[str, ...],
    path: Path,
    where: str,
) -> Dataset:
    """Make a data set of pictures with figures; annotations without points are passed over. Raises DataError."""
    for annotation in annotations:
        here = f"{where}: annotation {one_line(repr(annotation.get('id')))[:40]}"
        image = annotation.get("image_id")
        if not isinstance(image, int | str) or image not in pictures:
            raise DataError(f"{here}: there is no image with the id {one_line(repr(image))[:40]}")
        if annotation.get("keypoints") is not None:
            _add(annotation, pictures[image], len(names), here)
    return _dataset(list(pictures.values()), names, path)


def _dataset(pictures: Sequence[PosedPicture], names: tuple[str, ...], path: Path) -> Dataset:
    missing = [picture.path for picture in pictures if not is_file(picture.path)]
    if missing or not pictures:
        lacks = f"no such file {one_line(missing[0])}; {len(missing)} are missing" if missing else "no pictures in it"
        raise DataError(f"{one_line(path)}: {lacks}")
    if not any(picture.points for picture in pictures):
        raise DataError(f"{one_line(path)}: {count(len(pictures), 'picture')}, and no keypoints in any of them")
    targets = tuple(
        KeypointsTarget(np.array(picture.points, np.float64).reshape(-1, len(names), 3), names, np.array(picture.areas))
        for picture in pictures
    )
    inputs = tuple(picture.path for picture in pictures)
    return Dataset(inputs, targets, (), one_line(path.resolve().name), one_line(path))


def _add(annotation: Entry, picture: PosedPicture, count: int, where: str) -> None:
    points = _numbers(annotation["keypoints"], 3 * count, f"{where}: keypoints")
    if annotation.get("iscrowd"):
        points[2::3] = [0.0] * count  # a crowd has no points of its own
    picture.points.append(points)
    picture.areas.append(_area(annotation, where))


def _area(annotation: Entry, where: str) -> float:
    """Pixels of the figure; those of its box where nobody measured it."""
    if annotation.get("area") is not None:
        return _numbers([annotation["area"]], 1, f"{where}: area")[0]
    _, _, width, height = _numbers(annotation.get("bbox"), 4, f"{where}: without an area, bbox")
    return width * height


def _numbers(value: Any, count: int, what: str) -> list[float]:
    if not isinstance(value, list) or len(value) != count or not all(type(number) in (int, float) for number in value):
        raise DataError(f"{what}: {one_line(repr(value))[:40]}. Expected {count} numbers")
    try:
        numbers = [float(number) for number in value]
    except OverflowError:
        numbers = [math.inf]
    if not all(map(math.isfinite, numbers)):
        raise DataError(f"{what}: {one_line(repr(value))[:40]}. Expected numbers of pixels")
    return numbers
