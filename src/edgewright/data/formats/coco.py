"""COCO's JSON: pictures, categories and annotations with boxes, [x, y, width, height] in pixels, or with keypoints.

Source: https://cocodataset.org/#format-data, "Object Detection". What is not needed (masks, licenses) is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edgewright.data.dataset import Dataset
from edgewright.data.format import ReadOptions
from edgewright.data.formats.boxes import BoxedPicture, Corners, below, boxes_dataset, is_file
from edgewright.data.formats.coco_keypoints import PosedPicture, keypoint_names, keypoints_dataset
from edgewright.data.reading import read_json
from edgewright.errors import DataError
from edgewright.media import file_errors, one_line

# COCO's own instances_val2017.json has 20 MB; parsed, JSON takes some six times as much memory.
_MAX_BYTES = 512 * 1024**2
_HEAD_BYTES = 65536
_KEYS = (b'"annotations"', b'"categories"', b'"images"')
_NUMBER = (int, float)

Entry = Mapping[str, Any]


class Coco:
    """A `.json` file of COCO's form with the pictures near it, or a folder with one such file."""

    name = "coco"
    expects = "COCO's JSON with its pictures"

    def recognizes(self, path: Path, head: bytes) -> bool:
        """Tell by the suffix; in a folder, by what a .json file begins with."""
        if path.is_dir():
            return bool(_documents(path))
        return path.suffix.lower() == ".json" and path.is_file()

    def open(self, path: Path, options: ReadOptions) -> Dataset:
        """List the pictures with their boxes, or with keypoints where a category has some. Raises DataError."""
        document = _document(path)
        content = read_json(document, _MAX_BYTES)
        where = one_line(document)
        if not isinstance(content, dict):
            raise DataError(f"{where}: a JSON {type(content).__name__}. Expected COCO's images and annotations")
        classes, place = _categories(_entries(content, "categories", where), where)
        pictures = _pictures(document, _entries(content, "images", where))
        annotations = _entries(content, "annotations", where)
        if named := keypoint_names(content["categories"], where):
            posed = {number: PosedPicture(picture.path) for number, picture in pictures.items()}
            return keypoints_dataset(posed, annotations, named, path, where)
        for annotation in annotations:
            _add(annotation, pictures, place, f"{where}: annotation {_shown(annotation.get('id'))}")
        return boxes_dataset(list(pictures.values()), classes, path)


def _documents(folder: Path) -> list[Path]:
    """The files of COCO's form in a folder, or in `annotations` below it."""
    found = [file for part in (folder, folder / "annotations") for file in sorted(part.glob("*.json")) if _alike(file)]
    return [file for file in found if file.name.startswith("instances")] or found


def _alike(file: Path) -> bool:
    if file.name.startswith(".") or not is_file(file):
        return False
    with file_errors(file), file.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    return head.lstrip()[:1] == b"{" and any(key in head for key in _KEYS)


def _document(path: Path) -> Path:
    if not path.is_dir():
        return path
    documents = _documents(path)
    if len(documents) > 1:
        listed = ", ".join(one_line(file.name) for file in documents[:5])
        raise DataError(f"{one_line(path)}: {len(documents)} files of COCO's form ({listed}). Give one of them")
    return documents[0]


def _entries(content: Entry, key: str, where: str) -> Sequence[Entry]:
    entries = content.get(key)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise DataError(f"{where}: no list of {key}. Expected COCO's images, categories and annotations")
    return entries


def _categories(entries: Sequence[Entry], where: str) -> tuple[list[str], dict[int, int]]:
    """The names of the categories in the order of their ids, and the place of each id."""
    names: dict[int, str] = {}
    for entry in entries:
        number, name = entry.get("id"), entry.get("name")
        if not isinstance(number, int) or isinstance(number, bool) or not isinstance(name, str):
            raise DataError(f"{where}: the category {_shown(name)} with the id {_shown(number)} is none")
        if number in names:
            raise DataError(f"{where}: two categories have the id {number}")
        names[number] = name
    ordered = sorted(names)
    return [names[number] for number in ordered], {number: place for place, number in enumerate(ordered)}


def _pictures(document: Path, entries: Sequence[Entry]) -> dict[int | str, BoxedPicture]:
    where = one_line(document)
    root = _root(document, entries)
    found: dict[int | str, BoxedPicture] = {}
    for entry in entries:
        number = entry.get("id")
        here = f"{where}: image {_shown(number)}"
        if not isinstance(number, int | str) or number in found:
            raise DataError(f"{here}: an id that is missing, or there twice")
        found[number] = BoxedPicture(below(root, entry.get("file_name"), here), _size(entry, here))
    return found


def _root(document: Path, entries: Sequence[Entry]) -> Path:
    """The folder that the names of pictures are relative to: the first that has the first picture."""
    here, split = document.parent, document.stem.partition("_")[2]
    folders = [here, here / "images", here / "data"]
    folders += [here.parent / "images", here.parent / "data", here.parent / (split or "."), here.parent]
    folders += [here.parent / "images" / split] if split else []
    name = entries[0].get("file_name") if entries else None
    if isinstance(name, str):
        here_is = f"{one_line(document)}: image {_shown(entries[0].get('id'))}"
        return next((folder for folder in folders if is_file(below(folder, name, here_is))), here)
    return here


def _size(entry: Entry, where: str) -> tuple[int, int] | None:
    size = entry.get("height"), entry.get("width")
    if size == (None, None):
        return None
    if not all(isinstance(side, int) and not isinstance(side, bool) and side > 0 for side in size):
        raise DataError(f"{where}: {_shown(size[1])} x {_shown(size[0])} is no size in pixels")
    return size  # type: ignore[return-value]  # just checked


def _add(annotation: Entry, pictures: Mapping[int | str, BoxedPicture], place: Mapping[int, int], where: str) -> None:
    image, category = annotation.get("image_id"), annotation.get("category_id")
    if not isinstance(image, int | str) or image not in pictures:
        raise DataError(f"{where}: there is no image with the id {_shown(image)}")
    if not isinstance(category, int) or category not in place:
        known = ", ".join(map(str, list(place)[:10])) + (", …" if len(place) > 10 else "")
        raise DataError(f"{where}: there is no category with the id {_shown(category)}. There are: {known}")
    box = _corners(annotation.get("bbox"), where)
    pictures[image].add(box, place[category], where, crowd=bool(annotation.get("iscrowd")))


def _corners(bbox: Any, where: str) -> Corners:
    numbers = isinstance(bbox, list) and len(bbox) == 4 and all(type(side) in _NUMBER for side in bbox)
    if not numbers:
        raise DataError(f"{where}: bbox is {_shown(bbox)}. Expected [x, y, width, height]")
    try:
        x, y, width, height = map(float, bbox)
    except OverflowError:
        raise DataError(f"{where}: bbox is {_shown(bbox)}. Numbers of that size are no pixels") from None
    return x, y, x + width, y + height


def _shown(value: Any) -> str:
    return one_line(repr(value))[:40]


FORMAT = Coco()
