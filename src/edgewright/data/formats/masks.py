"""Pictures with masks: for each a second picture, whose pixels are the numbers of classes.

They lie in two folders, `images/` and `masks/` (or what Pascal VOC and ADE20K call them), or beside one another,
`photo.jpg` and `photo_mask.png`. 255 is for pixels that are not scored, as in Pascal VOC; where the masks have nothing
but 0 and 255, 255 is the thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.data.dataset import Dataset
from edgewright.data.format import ReadOptions
from edgewright.data.formats.boxes import is_file, is_picture
from edgewright.data.formats.yolo_names import read_names
from edgewright.data.pictures import each
from edgewright.data.targets import IGNORED, MaskTarget
from edgewright.errors import DataError
from edgewright.media import one_line, read_header, read_mask

_IMAGES = ("images", "Images", "JPEGImages", "imgs")
_MASKS = ("masks", "Masks", "SegmentationClass", "annotations", "segmentation")
_SPLITS = ("val", "valid", "validation", "test", "testing", "train", "training")
_ENDINGS = ("_mask", "-mask", ".mask")


class _Pair(NamedTuple):
    """A picture and its mask."""

    picture: Path
    mask: Path


class Masks:
    """A folder with `images/` and `masks/`, or with masks beside pictures; of several splits the validation part."""

    name = "masks"
    expects = "pictures and masks of classes, in images and masks or as photo_mask.png beside photo.jpg"

    def recognizes(self, path: Path, head: bytes) -> bool:
        """Tell by the folders, or by a picture with a mask beside it."""
        return path.is_dir() and (_folders(path) is not None or next(_beside(path), None) is not None)

    def open(self, path: Path, options: ReadOptions) -> Dataset:
        """Look which classes each mask has; masks are read again when they are used. Raises DataError."""
        pairs, without = _pairs(path)
        if not pairs:
            raise DataError(f"{one_line(path)}: no picture has a mask of its own name")
        found = each(pairs, "Looking at masks", options.progress, _classes)
        only_white = set().union(*found) == {0, IGNORED}
        targets = [_target(pair.mask, classes, only_white) for pair, classes in zip(pairs, found, strict=True)]
        notices = _notices(only_white, without)
        classes = _names(path, max((max(target.classes, default=0) for target in targets), default=0))
        name = one_line(path.resolve().name)
        inputs = tuple(pair.picture for pair in pairs)
        return Dataset(inputs, tuple(targets), classes, name, one_line(path), notices=notices)


def white_as_one(mask: Path) -> npt.NDArray[np.uint8]:
    """Read a mask of one thing, in which 255 is the thing."""
    return np.where(read_mask(mask) == IGNORED, np.uint8(1), np.uint8(0))


def _target(mask: Path, classes: frozenset[int], only_white: bool) -> MaskTarget:
    if only_white:
        return MaskTarget(partial(white_as_one, mask), frozenset(index // IGNORED for index in classes))
    return MaskTarget(partial(read_mask, mask), classes - {IGNORED})


def _classes(pair: _Pair) -> frozenset[int]:
    """The numbers in a mask, which is of its picture's size."""
    numbers = read_mask(pair.mask)
    header = read_header(pair.picture)
    if numbers.shape != (header.height, header.width):
        height, width = numbers.shape
        raise DataError(
            f"{one_line(pair.mask)}: {width} x {height} pixels, and its picture {one_line(pair.picture.name)} has "
            f"{header.width} x {header.height}"
        )
    classes = frozenset(np.unique(numbers).tolist())
    if max(classes) > IGNORED:
        raise DataError(f"{one_line(pair.mask)}: class {max(classes)}. Classes go to 254, and 255 is not scored")
    return classes


def _folders(path: Path) -> tuple[Path, Path] | None:
    """The folders of pictures and of masks, of a split in either order where there are several."""
    for split, images, masks in product((*_SPLITS, ""), _IMAGES, _MASKS):
        for pair in ((path / images / split, path / masks / split), (path / split / images, path / split / masks)):
            if all(folder.is_dir() for folder in pair) and any(map(is_picture, pair[1].rglob("*"))):
                return pair
    return None


def _pictures_in(folder: Path) -> Iterator[Path]:
    return (file for file in folder.iterdir() if is_picture(file) and is_file(file))


def _beside(path: Path) -> Iterator[_Pair]:
    """Pictures with masks of their own name, in one folder."""
    pictures: dict[str, Path] = {}
    masks: list[Path] = []
    for file in _pictures_in(path):
        if file.stem.endswith(_ENDINGS):
            masks.append(file)
        else:
            pictures[file.stem] = file
    for mask in sorted(masks):
        if _stem(mask) in pictures:
            yield _Pair(pictures[_stem(mask)], mask)


def _pairs(path: Path) -> tuple[list[_Pair], int]:
    """Pictures with their masks, and how many pictures have none."""
    folders = _folders(path)
    if folders is None:
        pairs = list(_beside(path))
        pictures = [file for file in _pictures_in(path) if not file.stem.endswith(_ENDINGS)]
        return pairs, len(pictures) - len({pair.picture for pair in pairs})
    images, masks = folders
    by_name = {_name(file, masks): file for file in sorted(masks.rglob("*")) if is_picture(file) and is_file(file)}
    pictures = [file for file in sorted(images.rglob("*")) if is_picture(file) and is_file(file)]
    named = [(file, file.relative_to(images).with_suffix("")) for file in pictures]
    pairs = [_Pair(file, by_name[name]) for file, name in named if name in by_name]
    return pairs, len(pictures) - len(pairs)


def _name(mask: Path, folder: Path) -> Path:
    """What the mask's picture is called in its own folder, without the suffix."""
    return mask.relative_to(folder).with_name(_stem(mask))


def _stem(mask: Path) -> str:
    """The name of the mask's picture."""
    return next((mask.stem.removesuffix(ending) for ending in _ENDINGS if mask.stem.endswith(ending)), mask.stem)


def _names(path: Path, largest: int) -> tuple[str, ...]:
    """What the classes are called in `classes.txt`, else their numbers. Raises DataError for too few names."""
    names = read_names(path)
    if names and len(names) <= largest:
        raise DataError(f"{one_line(path / 'classes.txt')}: {len(names)} names, and the masks have class {largest}")
    return names or tuple(str(index) for index in range(largest + 1))


def _notices(only_white: bool, without: int) -> tuple[str, ...]:
    white = "The masks have 0 and 255 only: 255 was taken for class 1."
    left = f"{without:,} pictures have no mask and are left out." if without > 1 else "1 picture has no mask."
    return (white,) * only_white + (left,) * bool(without)


FORMAT = Masks()
