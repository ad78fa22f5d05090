"""What is right for an input, as its data set says: a class, boxes, a mask, keypoints, events, or a text."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

IGNORED = 255
"""The class of a mask's pixels that are not scored, as the masks of Pascal VOC have it."""


@runtime_checkable
class Target(Protocol):
    """What is right for one input. Ours are below; a data format of another package may bring its own."""

    @property
    def classes(self) -> frozenset[int]:
        """The classes that occur in it, by their place in the data set's `classes`."""

    def renumbered(self, places: Mapping[int, int]) -> Self:
        """The same with each class in its place among a model's labels."""

    def text(self, labels: Sequence[str]) -> str:
        """For people, in a few words: "cat", "2 cat, 1 dog"."""


@dataclass(frozen=True, slots=True)
class ClassTarget:
    """The input is of one class. Raises DataError for a negative index, as all targets do for what cannot be."""

    index: int

    def __post_init__(self) -> None:
        if self.index < 0:
            raise DataError(f"class {self.index}: classes count from 0")

    @property
    def classes(self) -> frozenset[int]:
        """The one class."""
        return frozenset((self.index,))

    def renumbered(self, places: Mapping[int, int]) -> ClassTarget:
        """The same class in another numbering."""
        return ClassTarget(places[self.index])

    def text(self, labels: Sequence[str]) -> str:
        """The name of the class."""
        return _name(labels, self.index)


@dataclass(frozen=True, slots=True, eq=False)
class BoxesTarget:
    """All things in a picture, none where it is empty.

    `xyxy` (n, 4) float64: x0, y0, x1, y1 in pixels of the upright picture, finite, x0 <= x1 and y0 <= y1. `class_id`
    (n,) int64. `crowd` (n,) bool: a region with many things of a class, where finding some is neither right nor wrong
    (COCO's `iscrowd`, Pascal VOC's `difficult`).
    """

    xyxy: Floats
    class_id: Indices
    crowd: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))

    def __post_init__(self) -> None:
        xyxy, class_id = _rows(self.xyxy, 4, "boxes"), _class_ids(self.class_id)
        crowd = np.asarray(self.crowd, np.bool_) if len(self.crowd) else np.zeros(len(xyxy), np.bool_)
        if not len(xyxy) == len(class_id) == len(crowd):
            raise DataError(f"{len(xyxy)} boxes with {len(class_id)} classes and {len(crowd)} crowd marks")
        backwards = (xyxy[:, 2:] < xyxy[:, :2]).any(axis=1)
        if backwards.any():
            raise DataError(f"{xyxy[backwards][0].tolist()} is no box: x0 <= x1 and y0 <= y1 are expected")
        _freeze(self, xyxy=xyxy, class_id=class_id, crowd=crowd)

    def __len__(self) -> int:
        return len(self.class_id)

    @property
    def classes(self) -> frozenset[int]:
        """The classes of the boxes."""
        return frozenset(self.class_id.tolist())

    def renumbered(self, places: Mapping[int, int]) -> BoxesTarget:
        """The same boxes with classes in another numbering."""
        return dataclasses.replace(self, class_id=_moved(self.class_id, places))

    def text(self, labels: Sequence[str]) -> str:
        """How many of which class."""
        return _counted(self.class_id, labels) or "nothing"


@dataclass(frozen=True, slots=True, eq=False)
class MaskTarget:
    """The class of every pixel: `pixels` (height, width) integers, 255 where it is not scored.

    Thousands of masks do not fit into memory: `pixels` may be a function that reads them, and `present` then says which
    classes are scored. `places`: the number that each class has instead.
    """

    pixels: npt.NDArray[Any] | Callable[[], npt.NDArray[Any]]
    present: frozenset[int] = frozenset()
    places: Mapping[int, int] | None = None

    def __post_init__(self) -> None:
        if not callable(self.pixels):
            mask = _mask(self.pixels)
            _freeze(self, pixels=mask)
            object.__setattr__(self, "present", frozenset(np.unique(mask).tolist()) - {IGNORED})

    @property
    def class_id(self) -> npt.NDArray[Any]:
        """The class of every pixel (height, width), read anew where it is read."""
        mask = _mask(self.pixels()) if callable(self.pixels) else self.pixels
        return mask if self.places is None else _moved(mask, {**self.places, IGNORED: IGNORED})

    @property
    def classes(self) -> frozenset[int]:
        """The classes of the pixels that are scored."""
        return self.present if self.places is None else frozenset(self.places[index] for index in self.present)

    def renumbered(self, places: Mapping[int, int]) -> MaskTarget:
        """The same pixels with classes in another numbering."""
        before = self.places or {index: index for index in self.present}
        return dataclasses.replace(self, places={index: places[place] for index, place in before.items()})

    def text(self, labels: Sequence[str]) -> str:
        """The classes that occur."""
        return ", ".join(_name(labels, index) for index in sorted(self.classes))


@dataclass(frozen=True, slots=True, eq=False)
class KeypointsTarget:
    """Keypoints of all figures in a picture.

    `points` (n, k, 3) float64: x and y in pixels of the upright picture, and how visible it is (COCO: 0 not labeled,
    1 hidden, 2 visible). `names`: the k keypoints. `areas` (n,) float64, pixels: how large each figure is, which says
    what is near enough.
    """

    points: Floats
    names: tuple[str, ...]
    areas: Floats

    def __post_init__(self) -> None:
        points, areas = np.asarray(self.points, np.float64), np.asarray(self.areas, np.float64)
        if points.ndim != 3 or points.shape[1:] != (len(self.names), 3) or areas.shape != points.shape[:1]:
            raise DataError(
                f"keypoints of shape {points.shape} with {len(self.names)} names and {areas.shape} areas: expected "
                "(n, k, 3), k names and (n,)"
            )
        if not np.isfinite(points).all() or not np.isfinite(areas).all() or (areas < 0).any():
            raise DataError("keypoints and areas are finite, and no area is negative")
        _freeze(self, points=points, areas=areas)

    @property
    def classes(self) -> frozenset[int]:
        """None: keypoints have names of their own."""
        return frozenset()

    def renumbered(self, places: Mapping[int, int]) -> KeypointsTarget:
        """The same."""
        return self

    def text(self, labels: Sequence[str]) -> str:
        """How many figures."""
        return f"{len(self.points)} of {len(self.names)} keypoints each"


@dataclass(frozen=True, slots=True, eq=False)
class EventsTarget:
    """What happens when: `spans` (n, 2) float64, (start, end) in seconds from the beginning; `class_id` (n,) int64."""

    spans: Floats
    class_id: Indices

    def __post_init__(self) -> None:
        spans, class_id = _rows(self.spans, 2, "spans"), _class_ids(self.class_id)
        if len(spans) != len(class_id):
            raise DataError(f"{len(spans)} spans with {len(class_id)} classes")
        wrong = (spans[:, 0] < 0) | (spans[:, 1] < spans[:, 0])
        if wrong.any():
            raise DataError(f"{spans[wrong][0].tolist()} is no span: 0 <= start <= end is expected")
        _freeze(self, spans=spans, class_id=class_id)

    @property
    def classes(self) -> frozenset[int]:
        """The classes of the events."""
        return frozenset(self.class_id.tolist())

    def renumbered(self, places: Mapping[int, int]) -> EventsTarget:
        """The same events with classes in another numbering."""
        return dataclasses.replace(self, class_id=_moved(self.class_id, places))

    def text(self, labels: Sequence[str]) -> str:
        """How many of which class."""
        return _counted(self.class_id, labels) or "nothing"


@dataclass(frozen=True, slots=True)
class TextTarget:
    """A text is the right answer, or one of several that are."""

    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.texts or not all(isinstance(text, str) for text in self.texts):
            raise DataError(f"{self.texts!r}: expected at least one text that is right")

    @property
    def classes(self) -> frozenset[int]:
        """None."""
        return frozenset()

    def renumbered(self, places: Mapping[int, int]) -> TextTarget:
        """The same."""
        return self

    def text(self, labels: Sequence[str]) -> str:
        """The first of the texts."""
        return self.texts[0]


def _mask(pixels: Any) -> npt.NDArray[Any]:
    mask = np.asarray(pixels)
    if mask.ndim != 2 or not mask.size or mask.dtype.kind not in "ui" or mask.min() < 0:
        raise DataError(f"a mask of {mask.dtype} {mask.shape}: expected whole numbers from 0, (height, width)")
    return mask


def _rows(values: Any, width: int, what: str) -> Floats:
    rows = np.asarray(values, np.float64).reshape(-1, width) if np.size(values) == 0 else np.asarray(values, np.float64)
    if rows.ndim != 2 or rows.shape[1] != width:
        raise DataError(f"{what} of shape {rows.shape}: expected (n, {width})")
    if not np.isfinite(rows).all():
        raise DataError(f"{what} hold NaN or infinity: {rows[~np.isfinite(rows).all(axis=1)][0].tolist()}")
    return rows


def _class_ids(values: Any) -> Indices:
    found = np.asarray(values)
    if found.ndim != 1 or (found.size and (found.dtype.kind not in "ui" or found.min() < 0)):
        raise DataError(f"classes of {found.dtype} {found.shape}: expected whole numbers from 0, (n,)")
    return found.astype(np.int64)


def _freeze(target: Any, **arrays: npt.NDArray[Any]) -> None:
    for name, array in arrays.items():
        view = array.view()
        view.flags.writeable = False
        object.__setattr__(target, name, view)


def _moved(indices: npt.NDArray[Any], places: Mapping[int, int]) -> npt.NDArray[np.int64]:
    there, back = np.unique(indices, return_inverse=True)
    return np.array([places[int(index)] for index in there], np.int64)[back].reshape(indices.shape)


def _counted(class_id: Indices, labels: Sequence[str]) -> str:
    counts = Counter(class_id.tolist()).most_common()
    return ", ".join(f"{number} {_name(labels, index)}" for index, number in counts)


def _name(labels: Sequence[str], index: int) -> str:
    return labels[index] if 0 <= index < len(labels) else f"class {index}"
