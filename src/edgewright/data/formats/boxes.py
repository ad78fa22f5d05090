"""What the formats of boxes have in common: pictures that must be there, and boxes that must lie in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np

from edgewright.brief import count
from edgewright.data.dataset import Dataset
from edgewright.data.targets import BoxesTarget
from edgewright.errors import DataError
from edgewright.media import SUFFIXES, one_line

Corners = tuple[float, float, float, float]

_SHOWN = 60
_LONGEST = 1024  # characters of a file's name with its folders


@dataclass
class BoxedPicture:
    """A picture and its boxes so far. `size` is (height, width) in pixels, None where nobody said it."""

    path: Path
    size: tuple[int, int] | None
    corners: list[Corners] = field(default_factory=list)
    class_id: list[int] = field(default_factory=list)
    crowd: list[bool] = field(default_factory=list)
    cut: int = 0

    def add(self, box: Corners, class_id: int, where: str, *, crowd: bool = False) -> None:
        """Add x0, y0, x1, y1; what reaches out of the picture is cut at its edge, and counted in `cut`.

        Raises DataError where the numbers are no box, or lie outside.
        """
        if not all(map(math.isfinite, box)):
            raise DataError(f"{where}: the box {_short(box)} holds NaN or infinity")
        if box[2] < box[0] or box[3] < box[1]:
            raise DataError(f"{where}: the box {_short(box)} has a negative width or height")
        inside = box if self.size is None else self._inside(box, self.size, where)
        self.cut += any(abs(a - b) > 1 for a, b in zip(box, inside, strict=True))
        self.corners.append(inside)
        self.class_id.append(class_id)
        self.crowd.append(crowd)

    def _inside(self, box: Corners, size: tuple[int, int], where: str) -> Corners:
        height, width = size
        x0, y0, x1, y1 = box
        if x0 >= width or y0 >= height or x1 < 0 or y1 < 0:
            raise DataError(f"{where}: the box {_short(box)} lies outside of the picture, {width} x {height} pixels")
        return max(x0, 0.0), max(y0, 0.0), min(x1, float(width)), min(y1, float(height))

    def target(self) -> BoxesTarget:
        """The boxes as a target."""
        corners = np.array(self.corners, np.float64).reshape(-1, 4)
        return BoxesTarget(corners, np.array(self.class_id, np.int64), np.array(self.crowd, np.bool_))


def boxes_dataset(pictures: Sequence[BoxedPicture], classes: Sequence[str], path: Path) -> Dataset:
    """Make a data set of pictures with boxes. Raises DataError where there are none, or a file is missing."""
    name = one_line(path.resolve().name)
    if not pictures:
        raise DataError(f"{one_line(path)}: no pictures in it")
    missing = [picture.path for picture in pictures if not is_file(picture.path)]
    if missing:
        raise DataError(
            f"{name}: no such file {one_line(missing[0])}; {len(missing)} of {len(pictures)} pictures are missing"
        )
    if not any(picture.corners for picture in pictures):
        raise DataError(f"{one_line(path)}: {count(len(pictures), 'picture')}, and no box in any of them")
    cut = sum(picture.cut for picture in pictures)
    reach = "1 box reached" if cut == 1 else f"{cut} boxes reached"
    notices = (f"{reach} out of the picture and was cut at its edge.".replace("es was", "es were"),) if cut else ()
    inputs = tuple(picture.path for picture in pictures)
    targets = tuple(picture.target() for picture in pictures)
    return Dataset(inputs, targets, tuple(map(one_line, classes)), name, one_line(path), notices=notices)


def below(root: Path, name: object, where: str) -> Path:
    """The file of a name that data give, which must lie in the folder. Raises DataError for any other."""
    if not isinstance(name, str) or not name.strip() or "\0" in name or len(name) > _LONGEST:
        raise DataError(f"{where}: {str(name)[:_SHOWN]!r} is no name of a file")
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or PureWindowsPath(name).drive or ".." in parts:
        raise DataError(f"{where}: the file {one_line(name)[:_SHOWN]} leads out of the folder {one_line(root)}")
    return root.joinpath(*parts)


def is_file(path: Path) -> bool:
    """Whether it is a file; a name that no file system takes is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_picture(path: Path) -> bool:
    """Whether a file's name is that of a picture."""
    return not path.name.startswith(".") and path.suffix.lower() in SUFFIXES


def _short(box: Corners) -> str:
    return f"[{', '.join(f'{side:.6g}' for side in box)}]"
