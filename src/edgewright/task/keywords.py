"""What a caller may say to the task of each built-in kind, as types: for editors and type checkers alone.

What is really taken is said by the kinds and by the kinds of input; a test compares the two.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from edgewright.engine import Delegate
from edgewright.machine import Progress
from edgewright.model import Interpolation, Meaning, ResizePolicy
from edgewright.task.labels import Labels

_Numbers = float | Sequence[float]
Normalization = str | tuple[_Numbers, _Numbers]
"""(mean, std), each a number or one for each channel, or the name of a preset."""


class EngineOptions(TypedDict, total=False):
    """What runs the model; all that a task of plain tensors has."""

    engine: str | None
    signature: str | None
    threads: int
    delegates: Sequence[Delegate | str | os.PathLike[str]]
    progress: Progress


class PictureOptions(EngineOptions, total=False):
    """How a picture becomes the input; all that an embedding has."""

    normalization: Normalization | None
    resize: ResizePolicy | None
    crop_fraction: float | None
    interpolation: Interpolation | None
    pad: int | None
    max_pixels: int | None


class TextOptions(EngineOptions, total=False):
    """How a text becomes the input; all that an embedding of texts has."""

    vocabulary: str | os.PathLike[str] | None
    lowercase: bool | None


class _OfClasses(TypedDict, total=False):
    """What the outputs are."""

    labels: Labels | None
    locale: str | None
    meaning: Meaning | None


class ClassificationOptions(PictureOptions, _OfClasses, total=False):
    """Of a classifier of pictures."""


class TextClassificationOptions(TextOptions, _OfClasses, total=False):
    """Of a classifier of texts."""


class DetectionOptions(PictureOptions, _OfClasses, total=False):
    """Of a detector, whatever its head: see `task/kinds/detection.py` for which has which."""

    threshold: float | Mapping[str, float] | None
    most: int | None
    allow: Sequence[str] | None
    deny: Sequence[str] | None
    iou: float | None
    anchors: Any
    box_scales: Sequence[float] | None
    coordinates: str | None


class FiguresOptions(PictureOptions, total=False):
    """Of a finder of faces, hands or bodies."""

    threshold: float | None
    most: int | None


class LandmarksOptions(PictureOptions, total=False):
    """Of the points of one thing."""

    threshold: float | None
    keypoint_threshold: float | None


class PoseOptions(LandmarksOptions, total=False):
    """Of the points of people."""

    most: int | None


class SegmentationOptions(PictureOptions, _OfClasses, total=False):
    """Of a class for each pixel."""

    threshold: float | None
    scores: bool | None


class AudioOptions(EngineOptions, _OfClasses, total=False):
    """Of a classifier of sounds."""

    rate: int | None
    hop: float | str | None
    window: int | None
    max_seconds: float | None
    normalization: Normalization | None
    threshold: float | None
    head: str | int | None


class SeriesOptions(EngineOptions, _OfClasses, total=False):
    """Of series from sensors."""

    columns: Sequence[str] | None
    rate: float | None
    window: int | None
    hop: float | str | None
    normalization: Normalization | None
    threshold: float | None
