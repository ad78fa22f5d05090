"""What a segmenter says of one picture: the class of each of its pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from edgewright.brief import line_of
from edgewright.errors import UsageError
from edgewright.media import Box
from edgewright.task.labels import BACKGROUND, unknown_label
from edgewright.task.result import Observation, in_one_line
from edgewright.task.results.detections import label_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from edgewright.media import PictureSource, Placement
    from edgewright.report import Table

UNKNOWN = 255
"""The class of pixels that the model was not shown, as beside a crop; as in the masks of Pascal VOC."""

_SHOWN = 12  # entries of a legend


@dataclass(frozen=True, eq=False)
class Scores:
    """How sure a segmenter is: `grid` (h, w, classes) float32, 0 to 1, on the grid of its own output."""

    grid: npt.NDArray[np.float32]
    placement: Placement


@dataclass(frozen=True, eq=False)
class Segmentation:
    """The class of each pixel of one picture.

    `classes` (height, width) uint8, for the pixels of the original, upright picture: places in `labels`, or numbers
    where those are missing; 255 where the model was not shown the picture, as beside a crop. A mask of one kind of
    thing has the classes 0, background, and 1. `scores` are there where they were asked for (`scores=True`).

    >>> regions = ew.load("segmenter.tflite")("cat.bmp")
    >>> {label: round(area, 2) for label, area in regions.areas.items()}
    {'class 0': 0.59, 'class 8': 0.41}
    """

    classes: npt.NDArray[np.uint8] = field(repr=False)
    labels: tuple[str, ...] = field(repr=False)
    scores: Scores | None = field(default=None, repr=False)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the picture."""
        height, width = self.classes.shape
        return height, width

    @cached_property
    def _counts(self) -> npt.NDArray[np.intp]:
        """Pixels of each class (256,)."""
        return np.bincount(self.classes.ravel(), minlength=UNKNOWN + 1)

    @cached_property
    def _present(self) -> tuple[int, ...]:
        """The classes that occur, the largest first; without pixels that were not shown."""
        order = np.argsort(-self._counts[:UNKNOWN], kind="stable")
        return tuple(int(index) for index in order if self._counts[index])

    @cached_property
    def areas(self) -> dict[str, float]:
        """Which share of the picture each label that occurs has, 0 to 1, the largest first."""
        areas: dict[str, float] = {}
        for index in self._present:
            label = label_of(self.labels, index)
            areas[label] = areas.get(label, 0.0) + self._area(index)
        return areas

    def _area(self, index: int) -> float:
        return float(self._counts[index] / self.classes.size)

    def mask(self, label: str | None = None) -> npt.NDArray[np.bool_]:
        """Where in the picture the subject is, (height, width) bool: of one label, or all that is no background.

        Raises `UsageError` for an unknown label, and without one where no class is the background.
        """
        if label is not None:
            return np.isin(self.classes, self._indices(label))
        if not self._background:
            raise UsageError("no class is called background: say whose mask, mask(label)")
        return np.isin(self.classes, [*self._background, UNKNOWN], invert=True)

    def score_map(self, label: str) -> npt.NDArray[np.float32]:
        """How sure the model is of a label at each pixel, (height, width) float32, 0 to 1, changing evenly between.

        Of several classes that have the label the surest counts. Pixels that the model was not shown have NaN. Raises
        `UsageError` where no scores were asked for.
        """
        if self.scores is None:
            raise UsageError("there are no scores: open the model with scores=True")
        from edgewright.media import spread_smoothly

        grid = self.scores.grid[..., self._indices(label)].max(axis=-1)
        return spread_smoothly(grid, self.scores.placement, self.size, float("nan"))

    @cached_property
    def _background(self) -> tuple[int, ...]:
        return tuple(index for index, label in enumerate(self.labels) if label.casefold() == BACKGROUND)

    def _indices(self, label: str) -> list[int]:
        """All classes that have a label: some files have one twice."""
        classes = {*range(len(self.labels)), *self._present}
        found = sorted(index for index in classes if label_of(self.labels, index) == label)
        if not found:
            raise UsageError(unknown_label(label, self.labels))
        return found

    def observations(self) -> list[Observation]:
        """The things in the picture, the largest first; no background.

        `score` is the share of the picture that a class has, `box` what surrounds all of its pixels.
        """
        return [self._observation(index) for index in self._present if index not in self._background]

    def _observation(self, index: int) -> Observation:
        there = self.classes == index
        (top, bottom), (left, right) = (_ends(there.any(axis=axis)) for axis in (1, 0))
        return Observation(label_of(self.labels, index), self._area(index), index, box=Box(left, top, right, bottom))

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """The share of each class, the largest first; the classes of the pixels are in `classes` alone."""
        height, width = self.size
        areas = [
            {"label": label_of(self.labels, index), "index": index, "area": self._area(index)}
            for index in self._present[:limit]
        ]
        return {"kind": "segmentation", "width": width, "height": height, "areas": areas}

    def table(self, limit: int | None = None) -> Table:
        """The classes with their shares of the picture."""
        from edgewright.report import Column, Sheet, Table, bar, numbers

        shown = [(index, label_of(self.labels, index), self._area(index)) for index in self._present[:limit]]
        rows = [(label, numbers.percent(area), bar(area)) for _, label, area in shown]
        values = [
            (rank, index, label, area, int(self._counts[index])) for rank, (index, label, area) in enumerate(shown, 1)
        ]
        columns = (Column("label"), Column("area", "right"), Column(""))
        sheet = Sheet(("rank", "index", "label", "area", "pixels"), values)
        return Table("", columns, rows, self._note(), sheet=sheet)

    def _note(self) -> str:
        from edgewright.report import numbers

        hidden = self._area(UNKNOWN)
        return f"{numbers.percent(hidden)} of the picture is beside the crop that the model saw." if hidden else ""

    def draw(self, picture: PictureSource, *, max_pixels: int | None = None) -> Image:
        """The picture, a PIL image in RGB, with its things in colors, and a legend with their shares below."""
        from edgewright.media import draw_classes, load_image
        from edgewright.report import numbers

        colors = self._colors()
        legend = [
            (colors.get(index), f"{label_of(self.labels, index)} {numbers.percent(self._area(index))}")
            for index in self._present[:_SHOWN]
        ]
        return draw_classes(load_image(picture, max_pixels=max_pixels), self.classes, colors, legend)

    def class_picture(self) -> Image:
        """The classes as a PIL image of mode "P" in the original's size: each pixel is the number of its class."""
        from edgewright.media import class_picture

        return class_picture(self.classes, self._colors())

    def _colors(self) -> Mapping[int, tuple[int, int, int]]:
        from edgewright.media import class_color

        return {index: class_color(index) for index in self._present if index not in self._background}

    def files_of(self, source: PictureSource, *, max_pixels: int | None = None) -> dict[str, bytes]:
        """The picture with the classes over it (.jpg), and the classes alone, in the original's size (-classes.png)."""
        from edgewright.task.result import encoded

        return {
            ".jpg": encoded(self.draw(source, max_pixels=max_pixels), "JPEG"),
            "-classes.png": encoded(self.class_picture(), "PNG"),
        }

    def in_one_line(self, limit: int, first: object = None) -> str:
        """The largest things with their shares: "bird 31.2%"."""
        from edgewright.report import numbers

        seen = self.observations()[:limit]
        return "; ".join(f"{region.label} {numbers.percent(region.score)}" for region in seen) or "nothing"

    def __str__(self) -> str:
        from edgewright.report import numbers

        return "; ".join(f"{label} {numbers.percent(area)}" for label, area in self.areas.items())

    def __repr__(self) -> str:
        return line_of(self, f"{self.classes.shape[1]} x {self.classes.shape[0]}: {in_one_line(self, 3)}")


def _ends(there: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Where the first and behind the last that holds."""
    places = np.flatnonzero(there)
    return float(places[0]), float(places[-1] + 1)
