"""What a detector finds in one picture: labels with scores and boxes, the best first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from edgewright.errors import MissingExtraError
from edgewright.media import Box
from edgewright.task.result import Observation

if TYPE_CHECKING:
    from PIL.Image import Image

    from edgewright.media import PictureSource
    from edgewright.report import Table


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing in a picture: `index` is its class's place among the labels, `box` in pixels of the original."""

    label: str
    index: int
    score: float
    box: Box

    def observation(self) -> Observation:
        """The same in the language of all results."""
        return Observation(self.label, self.score, self.index, box=self.box)


@dataclass(frozen=True, eq=False)
class Detections(Sequence[Detection]):
    """What a detector finds in one picture, the highest score first.

    `xyxy` (n, 4) float32: x0, y0, x1, y1 in pixels of the original, upright picture, clipped to it. `confidence` (n,)
    float32, 0 to 1. `class_id` (n,) int64: places in `labels`, or numbers where those are missing. `size` is the
    original's (height, width).
    """

    xyxy: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]
    class_id: npt.NDArray[np.int64]
    labels: tuple[str, ...] = field(repr=False)
    size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.confidence)

    @overload
    def __getitem__(self, place: int) -> Detection: ...
    @overload
    def __getitem__(self, place: slice) -> list[Detection]: ...
    def __getitem__(self, place: int | slice) -> Detection | list[Detection]:
        """The detection at a place of the ranking: 0 is the best."""
        return self._all[place]

    @cached_property
    def _all(self) -> list[Detection]:
        rows = zip(self.xyxy.tolist(), self.confidence.tolist(), self.class_id.tolist(), strict=True)
        return [Detection(label_of(self.labels, index), index, score, Box(*box)) for box, score, index in rows]

    def observations(self) -> list[Observation]:
        """All of them, the best first."""
        return [detection.observation() for detection in self]

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Plain values; boxes are [x0, y0, x1, y1] in pixels of the picture, whose size goes along."""
        height, width = self.size
        found = [observation.to_dict() for observation in self.observations()[:limit]]
        return {"kind": "detection", "width": width, "height": height, "detections": found}

    def table(self, limit: int | None = None) -> Table:
        """The best with their boxes in whole pixels."""
        from edgewright.report import Column, Sheet, Table, bar

        best = self[:limit]
        rows: list[tuple[str | int, ...]] = [
            (one.label, f"{one.score:.3f}", bar(one.score), *map(round, one.box.xyxy)) for one in best
        ]
        values = [(rank, one.index, one.label, one.score, *one.box.xyxy) for rank, one in enumerate(best, 1)]
        corners = ("x0", "y0", "x1", "y1")
        columns = (Column("label"), Column("score", "right"), Column(""), *(Column(name, "right") for name in corners))
        note = "" if best else "Nothing was found."
        return Table("", columns, rows, note, sheet=Sheet(("rank", "index", "label", "score", *corners), values))

    def draw(self, picture: PictureSource) -> Image:
        """The picture, a PIL image in RGB, with a labelled box around each thing."""
        from edgewright.media import draw_boxes, load_image
        from edgewright.report import numbers

        boxes = [(one.box, f"{one.label} {numbers.score(one.score)}", one.index) for one in reversed(self)]
        return draw_boxes(load_image(picture), boxes)

    def blur(self, picture: PictureSource) -> Image:
        """The picture, a PIL image in RGB and the original's size, with each thing blurred beyond recognition.

        Nothing of the original goes along: no EXIF, place, comment or preview. Things that were not found stay.
        """
        from edgewright.media import blur_boxes, load_image

        return blur_boxes(load_image(picture), [one.box for one in self])

    def to_supervision(self) -> Any:
        """The same as `supervision.Detections`. Raises `MissingExtraError` where that package is not installed."""
        try:
            import supervision
        except ImportError:
            raise MissingExtraError("Handing detections to supervision", package="supervision") from None
        names = np.array([one.label for one in self])
        return supervision.Detections(
            xyxy=self.xyxy, confidence=self.confidence, class_id=self.class_id, data={"class_name": names}
        )

    def __str__(self) -> str:
        return "; ".join(f"{one.label} {one.score:.2f}" for one in self) or "nothing"


def label_of(labels: Sequence[str], index: int) -> str:
    """The name of a class, or its number where it has none."""
    return labels[index] if 0 <= index < len(labels) and labels[index] else f"class {index}"
