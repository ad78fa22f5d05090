"""What a detector finds in one picture: labels with scores and boxes, the best first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from edgewright.brief import brief, line_of
from edgewright.errors import MissingExtraError
from edgewright.media import Box, Keypoints
from edgewright.task.result import Observation, called, in_one_line, tracks_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from edgewright.media import PictureSource
    from edgewright.report import Table
    from edgewright.task.poses.skeletons import Skeleton

# A byte tells 255 things from none.
_MOST_MASKS = 255

# Points with a lower score are not drawn.
_POINT_THRESHOLD = 0.3


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing in a picture: `index` is its class's place among the labels, `box` in pixels of the original.

    `keypoints`, in the same pixels, are there where the model gives them; `track` is the thing's number where things
    are followed and it has one.

    >>> thing = ew.load("detector.tflite")("animals.jpg")[0]
    >>> thing.label, [round(side) for side in thing.box.xyxy]
    ('cat', [58, 395, 450, 594])
    """

    label: str
    index: int
    score: float
    box: Box
    keypoints: Keypoints | None = None
    track: int | None = None

    def observation(self) -> Observation:
        """The same in the language of all results."""
        return Observation(self.label, self.score, self.index, box=self.box, keypoints=self.keypoints, track=self.track)

    __repr__ = brief


@dataclass(frozen=True, eq=False)
class Detections(Sequence[Detection]):
    """What a detector finds in one picture, the highest score first.

    `xyxy` (n, 4) float32: x0, y0, x1, y1 in pixels of the original, upright picture, clipped to it. `confidence` (n,)
    float32, 0 to 1. `class_id` (n,) int64: places in `labels`, or numbers where those are missing. `size` is the
    original's (height, width).

    What only some models give is None elsewhere. `angle` (n,) float32: radians by which each box is turned clockwise
    about its middle; such boxes are not clipped. `points` (n, k, 3) float32: x and y of k points in the same pixels,
    and the score of each; `skeleton` names them. `mask_of(place)` is the mask of one thing; see `masks`. `tracker_id`
    (n,) int64, where things are followed (`ew.track`): the number of each thing, −1 while it has none.

    >>> things = ew.load("detector.tflite", allow=["dog"], threshold=0.4)("animals.jpg")
    >>> for thing in things:
    ...     print(thing.label, round(thing.score, 2))
    dog 0.49
    dog 0.41
    >>> things.draw("animals.jpg").save("found.jpg")
    """

    xyxy: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]
    class_id: npt.NDArray[np.int64]
    labels: tuple[str, ...] = field(repr=False)
    size: tuple[int, int]
    angle: npt.NDArray[np.float32] | None = None
    points: npt.NDArray[np.float32] | None = None
    skeleton: Skeleton | None = field(default=None, repr=False)
    mask_of: Callable[[int], npt.NDArray[np.bool_]] | None = field(default=None, repr=False)
    tracker_id: npt.NDArray[np.int64] | None = field(default=None, repr=False)

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
        angles = [0.0] * len(self) if self.angle is None else self.angle.tolist()
        tracks = tracks_of(self.tracker_id, len(self))
        places = [(*box, angle) for box, angle in zip(self.xyxy.tolist(), angles, strict=True)]
        rows = zip(places, self.confidence.tolist(), self.class_id.tolist(), tracks, strict=True)
        return [
            Detection(label_of(self.labels, index), index, score, Box(*box), self._keypoints(place), track)
            for place, (box, score, index, track) in enumerate(rows)
        ]

    def with_tracks(self, ids: npt.NDArray[np.int64]) -> Detections:
        """The same with the number of each thing that is followed, (n,), −1 where it has none."""
        return replace(self, tracker_id=ids)

    def _keypoints(self, place: int) -> Keypoints | None:
        if self.points is None or self.skeleton is None:
            return None
        return Keypoints(self.points[place], self.skeleton.names)

    @property
    def masks(self) -> npt.NDArray[np.bool_] | None:
        """(n, height, width) bool: the pixels of the original that belong to each thing; None where no model says so.

        They are made when they are asked for, one byte for each pixel and thing; `mask_of` makes one of them.
        """
        if self.mask_of is None:
            return None
        there = [self.mask_of(place) for place in range(len(self))]
        return np.stack(there) if there else np.zeros((0, *self.size), np.bool_)

    def observations(self) -> list[Observation]:
        """All of them, the best first."""
        return [detection.observation() for detection in self]

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Plain values; boxes are [x0, y0, x1, y1] in pixels of the picture, whose size goes along."""
        height, width = self.size
        found = [observation.to_dict() for observation in self.observations()[:limit]]
        return {"kind": "detection", "width": width, "height": height, "detections": found}

    def table(self, limit: int | None = None) -> Table:
        """The best with their boxes in whole pixels, and by how many degrees they are turned where they are."""
        from edgewright.report import Column, Sheet, Table, bar

        best = self[:limit]
        rows: list[tuple[str | int, ...]] = [
            (detection.label, f"{detection.score:.3f}", bar(detection.score), *map(round, self._place(detection)))
            for detection in best
        ]
        values: list[tuple[str | int | float | None, ...]] = [
            (rank, one.index, one.label, one.score, *self._place(one)) for rank, one in enumerate(best, 1)
        ]
        corners = ("x0", "y0", "x1", "y1") if self.angle is None else ("x0", "y0", "x1", "y1", "degrees")
        columns = [Column("label"), Column("score", "right"), Column(""), *(Column(name, "right") for name in corners)]
        header = ("rank", "index", "label", "score", *corners)
        if self.tracker_id is not None:
            columns, header = [*columns, Column("track", "right")], (*header, "track")
            rows = [(*row, "" if one.track is None else one.track) for row, one in zip(rows, best, strict=True)]
            values = [(*row, one.track) for row, one in zip(values, best, strict=True)]
        note = "" if best else "Nothing was found."
        return Table("", columns, rows, note, sheet=Sheet(header, values))

    def _place(self, one: Detection) -> tuple[float, ...]:
        return one.box.xyxy if self.angle is None else (*one.box.xyxy, math.degrees(one.box.angle))

    def draw(self, picture: PictureSource, *, max_pixels: int | None = None) -> Image:
        """The picture, a PIL image in RGB, with a labeled box around each thing, its mask and its points."""
        from edgewright.media import draw_boxes, draw_keypoints, load_image
        from edgewright.report import numbers

        image = self._tinted(load_image(picture, max_pixels=max_pixels))
        boxes = [
            (one.box, f"{called(one.observation())} {numbers.score(one.score)}", self._color_number(place))
            for place, one in reversed(list(enumerate(self)))
        ]
        if self.skeleton is None:
            return draw_boxes(image, boxes)
        things = enumerate(self)
        figures = [(one.keypoints, self._color_number(place)) for place, one in things if one.keypoints is not None]
        edges = self.skeleton.edges
        return draw_keypoints(image, figures[::-1], edges=edges, threshold=_POINT_THRESHOLD, boxes=boxes)

    def _color_number(self, place: int) -> int:
        """What the color of a thing goes by: its track, its place among figures, or its class."""
        one = self[place]
        if one.track is not None:
            return one.track
        return one.index if self.skeleton is None else place

    def _tinted(self, image: Image) -> Image:
        if self.mask_of is None:
            return image
        from edgewright.media import tint_masks

        masks = ((self.mask_of(place), self._color_number(place)) for place in reversed(range(len(self))))
        return tint_masks(image, masks)

    def files_of(self, source: PictureSource, *, max_pixels: int | None = None) -> dict[str, bytes]:
        """The picture with all of that on it (.jpg).

        Where there are masks also those (-masks.png), in the original's size: a pixel is the rank of its thing, 1 for
        the best, and 0 where there is none; of several things it is the best one's.
        """
        from edgewright.task.result import encoded

        drawn = {".jpg": encoded(self.draw(source, max_pixels=max_pixels), "JPEG")}
        return drawn if self.mask_of is None else drawn | {"-masks.png": encoded(self._ranks(), "PNG")}

    def _ranks(self) -> Image:
        from edgewright.media import class_color, class_picture

        ranks = np.zeros(self.size, np.uint8)
        shown = range(min(len(self), _MOST_MASKS))
        for place in reversed(shown):
            if self.mask_of is not None:
                ranks[self.mask_of(place)] = place + 1
        return class_picture(ranks, {place + 1: class_color(place) for place in shown})

    def blur(self, picture: PictureSource, *, max_pixels: int | None = None) -> Image:
        """The picture, a PIL image in RGB and the original's size, with each thing blurred beyond recognition.

        Nothing of the original goes along: no EXIF, place, comment or preview. Things that were not found stay.
        """
        from edgewright.media import blur_boxes, load_image

        return blur_boxes(load_image(picture, max_pixels=max_pixels), [detection.box for detection in self])

    def to_supervision(self) -> Any:
        """The same as `supervision.Detections`. Raises `MissingExtraError` where that package is not installed."""
        try:
            import supervision
        except ImportError:
            raise MissingExtraError("Handing detections to supervision", package="supervision") from None
        names = np.array([detection.label for detection in self], str)
        return supervision.Detections(
            xyxy=self.xyxy,
            mask=self.masks,
            confidence=self.confidence,
            class_id=self.class_id,
            tracker_id=self.tracker_id,
            data={"class_name": names},
        )

    def __str__(self) -> str:
        return "; ".join(f"{detection.label} {detection.score:.2f}" for detection in self) or "nothing"

    def __repr__(self) -> str:
        return line_of(self, f"{len(self)} in {self.size[1]} x {self.size[0]}: {in_one_line(self, 3)}")


def label_of(labels: Sequence[str], index: int) -> str:
    """The name of a class, or its number where it has none."""
    return labels[index] if 0 <= index < len(labels) and labels[index] else f"class {index}"
