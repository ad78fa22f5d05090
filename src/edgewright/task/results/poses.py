"""Figures in one picture as named points: bodies, or hands, the surest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from edgewright.brief import brief, line_of
from edgewright.errors import DataError, MissingExtraError
from edgewright.media import Box, Keypoints
from edgewright.task.poses.skeletons import COCO, Skeleton
from edgewright.task.result import Observation, in_one_line, tracks_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from edgewright.media import PictureSource
    from edgewright.report import Table

Floats = npt.NDArray[np.float32]

POINT_THRESHOLD = 0.3
"""Points with a lower score are not drawn and stretch no box."""

_MOST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Pose:
    """One figure: `keypoints` in pixels of the original, `box` around those that are sure, None where none is."""

    label: str
    index: int
    score: float
    keypoints: Keypoints
    box: Box | None
    track: int | None = None

    def observation(self) -> Observation:
        """The same in the language of all results."""
        return Observation(self.label, self.score, self.index, box=self.box, keypoints=self.keypoints, track=self.track)

    __repr__ = brief


@dataclass(frozen=True, eq=False)
class Poses(Sequence[Pose]):
    """Figures in one picture, the highest score first.

    `xy` (n, k, 2) float32: x and y of each point in pixels of the original, upright picture; a point may lie outside.
    `keypoint_confidence` (n, k) float32 and `confidence` (n,) float32, of a point and of a figure, 0 to 1. `class_id`
    (n,) int64: places in `labels`; all 0 where nothing else is said. `size` is the original's (height, width).
    `skeleton` names the points and joins them. `keypoint_threshold`: points below it are not drawn and stretch no box;
    they are in the arrays all the same. `xyxy` (n, 4) float32: boxes, where the model gives them itself; they may reach
    beyond the picture. `kind` is the name of the task. `tracker_id` (n,) int64, where figures are followed
    (`ew.track`): the number of each, −1 while it has none. Raises DataError for arrays that do not fit or are not
    finite.

    >>> poses = ew.load("poses.tflite")("portrait.bmp")
    >>> poses[0].keypoints.names[:3]
    ('nose', 'left_eye', 'right_eye')
    >>> poses[0].keypoints.points.shape
    (17, 3)
    """

    xy: Floats
    keypoint_confidence: Floats
    confidence: Floats
    size: tuple[int, int]
    skeleton: Skeleton = field(default=COCO, repr=False)
    keypoint_threshold: float = field(default=POINT_THRESHOLD, repr=False)
    labels: tuple[str, ...] = field(default=("person",), repr=False)
    class_id: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)
    xyxy: Floats | None = field(default=None, repr=False)
    kind: str = field(default="pose", repr=False)
    tracker_id: npt.NDArray[np.int64] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        count, points = len(self.confidence), len(self.skeleton)
        if self.xy.shape != (count, points, 2) or self.keypoint_confidence.shape != (count, points):
            raise DataError(
                f"points of shape {self.xy.shape} with scores of shape {self.keypoint_confidence.shape} for {count} "
                f"figures of {points} points each"
            )
        if not all(np.isfinite(array).all() for array in (self.xy, self.keypoint_confidence, self.confidence)):
            raise DataError("the model's points or scores are not finite")
        if not len(self.class_id):
            object.__setattr__(self, "class_id", np.zeros(count, np.int64))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the k points."""
        return self.skeleton.names

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """Pairs of places among the points, each joined by a line."""
        return self.skeleton.edges

    def __len__(self) -> int:
        return len(self.confidence)

    @overload
    def __getitem__(self, place: int) -> Pose: ...
    @overload
    def __getitem__(self, place: slice) -> list[Pose]: ...
    def __getitem__(self, place: int | slice) -> Pose | list[Pose]:
        """The figure at a place of the ranking: 0 is the best."""
        return self._all[place]

    @cached_property
    def _all(self) -> list[Pose]:
        points = np.concatenate([self.xy, self.keypoint_confidence[..., None]], axis=2)
        tracks = tracks_of(self.tracker_id, len(self))
        rows = zip(points, self.confidence.tolist(), self.class_id.tolist(), tracks, strict=True)
        return [
            Pose(self.labels[index], index, score, Keypoints(one, self.names), self._box(place, one), track)
            for place, (one, score, index, track) in enumerate(rows)
        ]

    def with_tracks(self, ids: npt.NDArray[np.int64]) -> Poses:
        """The same with the number of each figure that is followed, (n,), −1 where it has none."""
        return replace(self, tracker_id=ids)

    def _box(self, place: int, points: Floats) -> Box | None:
        """The model's own, or the one around the sure points, inside the picture."""
        if self.xyxy is not None:
            return Box(*self.xyxy[place].tolist())
        sure = points[points[:, 2] >= self.keypoint_threshold, :2]
        if not len(sure):
            return None
        height, width = self.size
        inside = np.clip(sure, 0, (width, height))
        return Box(*inside.min(axis=0).tolist(), *inside.max(axis=0).tolist())

    def joined_with(self, others: Sequence[Poses]) -> Poses:
        """One result of several of the same picture and skeleton, such as those of the crops of a chain, in order."""
        every = [self, *others]
        own = [poses.xyxy for poses in every if poses.xyxy is not None]
        return replace(
            self,
            xy=np.concatenate([poses.xy for poses in every]),
            keypoint_confidence=np.concatenate([poses.keypoint_confidence for poses in every]),
            confidence=np.concatenate([poses.confidence for poses in every]),
            class_id=np.concatenate([poses.class_id for poses in every]),
            xyxy=np.concatenate(own) if len(own) == len(every) else None,
        )

    def observations(self) -> list[Observation]:
        """All of them, with their points, the best first."""
        return [pose.observation() for pose in self]

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Plain values for JSON; the points of each by their names: [x, y, score]. `limit` keeps the best."""
        height, width = self.size
        found = [observation.to_dict() for observation in self.observations()[:limit]]
        return {"kind": self.kind, "width": width, "height": height, "poses": found}

    def table(self, limit: int | None = None) -> Table:
        """A row a point, in whole pixels; a row a figure where there are very many points."""
        from edgewright.report import Column, Sheet, Table

        header = ("rank", "index", "label", "score", "point", "x", "y", "point_score")
        names, rows = self._in_points(limit) if len(self.skeleton) <= _MOST_ROWS else self._in_boxes(limit)
        columns = [Column(name, "left" if name in ("figure", "point", "") else "right") for name in names]
        note = "" if rows else "Nobody was found." if self.labels == ("person",) else "Nothing was found."
        return Table("", columns, rows, note, sheet=Sheet(header, self._values(limit)))

    def _in_points(self, limit: int | None) -> tuple[tuple[str, ...], list[tuple[str | int, ...]]]:
        """Names of columns and rows; the points' own scores are shown where they have any."""
        from edgewright.report import bar

        own = bool((self.keypoint_confidence != self.confidence[:, None]).any())
        rows: list[tuple[str | int, ...]] = []
        for one in self[:limit]:
            for place, (x, y, score) in enumerate(one.keypoints.points.tolist()):
                whose = (one.label, f"{one.score:.3f}") if place == 0 else ("", "")
                said = (f"{score:.3f}", bar(score)) if own else ()
                rows.append((*whose, self.names[place], *said, round(x), round(y)))
        return ("figure", "score", "point", *(("its score", "") if own else ()), "x", "y"), rows

    def _in_boxes(self, limit: int | None) -> tuple[tuple[str, ...], list[tuple[str | int, ...]]]:
        """Names of columns and rows."""
        rows: list[tuple[str | int, ...]] = [
            (
                pose.label,
                f"{pose.score:.3f}",
                len(self.skeleton),
                *(map(round, pose.box.xyxy) if pose.box else ("",) * 4),
            )
            for pose in self[:limit]
        ]
        return ("figure", "score", "points", "x0", "y0", "x1", "y1"), rows

    def _values(self, limit: int | None) -> list[tuple[str | int | float | None, ...]]:
        return [
            (rank, one.index, one.label, one.score, name, x, y, score)
            for rank, one in enumerate(self[:limit], 1)
            for name, (x, y, score) in zip(self.names, one.keypoints.points.tolist(), strict=True)
        ]

    def draw(self, picture: PictureSource, *, max_pixels: int | None = None) -> Image:
        """The picture, a PIL image in RGB, with the skeleton of each on it; unsure points are left out."""
        from edgewright.media import draw_keypoints, load_image
        from edgewright.report import numbers

        figures = [(one.keypoints, place) for place, one in enumerate(self)]
        own = enumerate(self) if self.xyxy is not None else ()
        boxes = [(one.box, f"{one.label} {numbers.score(one.score)}", place) for place, one in own if one.box]
        return draw_keypoints(
            load_image(picture, max_pixels=max_pixels),
            figures[::-1],
            edges=self.edges,
            threshold=self.keypoint_threshold,
            boxes=boxes[::-1],
        )

    def to_supervision(self) -> Any:
        """The same as `supervision.KeyPoints`. Raises `MissingExtraError` where that package is not installed."""
        try:
            import supervision
        except ImportError:
            raise MissingExtraError("Handing points to supervision", package="supervision") from None
        return supervision.KeyPoints(xy=self.xy, confidence=self.keypoint_confidence, class_id=self.class_id)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return str(self.table().to_html())

    def __str__(self) -> str:
        return "; ".join(f"{pose.label} {pose.score:.2f}" for pose in self) or "nobody"

    def __repr__(self) -> str:
        return line_of(self, f"{len(self)} in {self.size[1]} x {self.size[0]}: {in_one_line(self, 3)}")
