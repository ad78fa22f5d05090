"""Faces in one picture: where they are, with six named points each, the surest first; and blurred, if need be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from edgewright.brief import brief, line_of
from edgewright.media import Box, Keypoints
from edgewright.task.result import Observation, in_one_line, tracks_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from edgewright.media import PictureSource
    from edgewright.report import Table

LABEL = "face"

POINTS = ("right_eye", "left_eye", "nose_tip", "mouth", "right_ear", "left_ear")
"""The points of a face; right and left are the person's own."""


@dataclass(frozen=True, slots=True)
class Face:
    """One face: `box` from the brows to the chin, `keypoints` its six points; pixels of the original picture.

    The points have no scores of their own: theirs is that of the face.
    """

    score: float
    box: Box
    keypoints: Keypoints
    label: str = LABEL
    index: int = 0
    track: int | None = None

    def observation(self) -> Observation:
        """The same in the language of all results."""
        return Observation(self.label, self.score, self.index, box=self.box, keypoints=self.keypoints, track=self.track)

    __repr__ = brief


@dataclass(frozen=True, eq=False)
class Faces(Sequence[Face]):
    """Faces in one picture, the highest score first.

    `xyxy` (n, 4) float32: x0, y0, x1, y1 in pixels of the original, upright picture, clipped to it. `xy` (n, 6, 2)
    float32: x and y of the points that `names` names, in the same pixels; a point may lie beside the picture.
    `confidence` (n,) float32, 0 to 1. `size` is the original's (height, width). `tracker_id` (n,) int64, where faces
    are followed (`ew.track`): the number of each, −1 while it has none.

    >>> faces = ew.load("faces.tflite")("portrait.bmp")
    >>> len(faces)
    1
    >>> faces.blur("portrait.bmp").save("nobody.jpg")
    """

    xyxy: npt.NDArray[np.float32]
    xy: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]
    size: tuple[int, int]
    names: tuple[str, ...] = field(default=POINTS, repr=False)
    tracker_id: npt.NDArray[np.int64] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.confidence)

    @overload
    def __getitem__(self, place: int) -> Face: ...
    @overload
    def __getitem__(self, place: slice) -> list[Face]: ...
    def __getitem__(self, place: int | slice) -> Face | list[Face]:
        """The face at a place of the ranking: 0 is the best."""
        return self._all[place]

    @cached_property
    def _all(self) -> list[Face]:
        tracks = tracks_of(self.tracker_id, len(self))
        rows = zip(self.xyxy.tolist(), self.xy, self.confidence.tolist(), tracks, strict=True)
        return [Face(score, Box(*box), self._points(points, score), track=track) for box, points, score, track in rows]

    def with_tracks(self, ids: npt.NDArray[np.int64]) -> Faces:
        """The same with the number of each face that is followed, (n,), −1 where it has none."""
        return replace(self, tracker_id=ids)

    def _points(self, points: npt.NDArray[np.float32], score: float) -> Keypoints:
        scored = np.concatenate([points, np.full((len(points), 1), score, np.float32)], axis=1)
        return Keypoints(scored, self.names)

    def observations(self) -> list[Observation]:
        """All of them, the best first."""
        return [face.observation() for face in self]

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Plain values; boxes are [x0, y0, x1, y1] and points [x, y, score] in pixels of the picture."""
        height, width = self.size
        found = [observation.to_dict() for observation in self.observations()[:limit]]
        return {"kind": "faces", "width": width, "height": height, "faces": found}

    def table(self, limit: int | None = None) -> Table:
        """The best with their boxes in whole pixels; the sheet has the points too."""
        from edgewright.report import Column, Sheet, Table, bar

        best = self[:limit]
        rows: list[tuple[str | int, ...]] = [
            (face.label, f"{face.score:.3f}", bar(face.score), *map(round, face.box.xyxy)) for face in best
        ]
        corners = ("x0", "y0", "x1", "y1")
        columns = (Column("label"), Column("score", "right"), Column(""), *(Column(name, "right") for name in corners))
        points = [f"{name}_{axis}" for name in self.names for axis in "xy"]
        header = ("rank", "index", "label", "score", *corners, *points)
        values: list[tuple[str | int | float | None, ...]] = [
            (rank, face.index, face.label, face.score, *face.box.xyxy, *face.keypoints.points[:, :2].ravel().tolist())
            for rank, face in enumerate(best, 1)
        ]
        return Table("", columns, rows, "" if best else "No face was found.", sheet=Sheet(header, values))

    def draw(self, picture: PictureSource, *, max_pixels: int | None = None) -> Image:
        """The picture, a PIL image in RGB, with a box around each face and its points."""
        from edgewright.media import draw_keypoints, load_image
        from edgewright.report import numbers

        faces = list(reversed(self))
        boxes = [(face.box, f"{face.label} {numbers.score(face.score)}", face.index) for face in faces]
        return draw_keypoints(
            load_image(picture, max_pixels=max_pixels), [(face.keypoints, face.index) for face in faces], boxes=boxes
        )

    def blur(self, picture: PictureSource, *, max_pixels: int | None = None) -> Image:
        """The picture, a PIL image in RGB and the original's size, with each face blurred beyond recognition.

        Nothing of the original goes along: no EXIF, place, comment or preview. Faces that were not found stay.
        """
        from edgewright.media import blur_boxes, load_image

        return blur_boxes(load_image(picture, max_pixels=max_pixels), [face.box for face in self])

    def __str__(self) -> str:
        return "; ".join(f"{face.label} {face.score:.2f}" for face in self) or "nothing"

    def __repr__(self) -> str:
        return line_of(self, f"{len(self)} in {self.size[1]} x {self.size[0]}: {in_one_line(self, 3)}")
