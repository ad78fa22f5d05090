"""YOLO's text: beside `images/` a folder `labels/` with a .txt for each picture, a line for each box.

A line holds the class's number and the box's center and size as shares of the picture's: `0 0.5 0.5 0.2 0.3`. A picture
without a file of labels has no box. Source: https://docs.ultralytics.com/datasets/detect/.
"""

from __future__ import annotations

from pathlib import Path

from edgewright.data.dataset import Dataset
from edgewright.data.format import ReadOptions
from edgewright.data.formats.boxes import BoxedPicture, Corners, boxes_dataset, is_file, is_picture
from edgewright.data.formats.yolo_names import YoloSet, read_names, read_yaml
from edgewright.data.pictures import each
from edgewright.errors import DataError
from edgewright.media import file_errors, one_line, read_header

_MAX_BYTES = 16 * 1024**2
_SPLITS = ("val", "valid", "validation", "test", "train")
_YAMLS = ("data.yaml", "data.yml", "dataset.yaml")


class Yolo:
    """A `data.yaml`, or a folder with one, or with `images/` and `labels/`; of several splits the validation part."""

    name = "yolo"
    expects = "YOLO's data.yaml, or images and labels"

    def recognizes(self, path: Path, head: bytes) -> bool:
        """Tell by the suffix, or by the folders."""
        if path.is_file():
            return path.suffix.lower() in (".yaml", ".yml")
        return path.is_dir() and (_yaml_in(path) is not None or _pair(path) is not None)

    def open(self, path: Path, options: ReadOptions) -> Dataset:
        """List the pictures with their boxes; only their headers are read. Raises DataError."""
        yaml = path if path.is_file() else _yaml_in(path)
        described = YoloSet((), {}) if yaml is None else read_yaml(yaml)
        images, labels = _folders(path if path.is_dir() else path.parent, described, path)
        pictures = sorted(file for file in images.rglob("*") if is_picture(file) and is_file(file))
        headers = each(pictures, "Looking at pictures", options.progress, read_header)
        names = described.names or read_names(labels) or read_names(path if path.is_dir() else path.parent)
        found = [
            _picture(file, (header.height, header.width), (labels / file.relative_to(images)).with_suffix(".txt"))
            for file, header in zip(pictures, headers, strict=True)
        ]
        classes = names or _numbers(found)
        _check_known(found, len(classes), path)
        return boxes_dataset(found, classes, path)


def _yaml_in(folder: Path) -> Path | None:
    return next((folder / name for name in _YAMLS if is_file(folder / name)), None)


def _pair(folder: Path) -> tuple[Path, Path] | None:
    """The pictures and the labels: `images/` and `labels/`, of a split in either order where there are several."""
    for split in _SPLITS:
        for images, labels in ((f"images/{split}", f"labels/{split}"), (f"{split}/images", f"{split}/labels")):
            if (folder / images).is_dir() and (folder / labels).is_dir():
                return folder / images, folder / labels
    whole = folder / "images", folder / "labels"
    return whole if whole[0].is_dir() and whole[1].is_dir() else None


def _folders(folder: Path, described: YoloSet, path: Path) -> tuple[Path, Path]:
    for split in _SPLITS:
        images = described.splits.get(split)
        if images is None:
            continue
        # Roboflow writes "../valid/images" for a folder beside the file.
        inside = [part for part in images.split("/") if part not in ("", ".", "..")]
        last = max((place for place, part in enumerate(inside) if part == "images"), default=None)
        if images.startswith("/") or last is None:
            break
        labels = [*inside[:last], "labels", *inside[last + 1 :]]
        if folder.joinpath(*inside).is_dir():
            return folder.joinpath(*inside), folder.joinpath(*labels)
    pair = _pair(folder)
    if pair is None:
        raise DataError(f"{one_line(path)}: no folders images and labels in {one_line(folder)}. Expected both")
    return pair


def _picture(file: Path, size: tuple[int, int], labels: Path) -> BoxedPicture:
    picture = BoxedPicture(file, size)
    if not is_file(labels):
        return picture
    with file_errors(labels):
        if labels.stat().st_size > _MAX_BYTES:
            raise DataError(f"{one_line(labels)}: over the limit of {_MAX_BYTES} bytes for the labels of a picture")
        lines = labels.read_text(encoding="utf-8-sig").splitlines()
    for number, line in enumerate(lines, 1):
        if line.strip():
            where = f"{one_line(labels)}: line {number}"
            class_id, box = _line(line.split(), size, where)
            picture.add(box, class_id, where)
    return picture


def _line(words: list[str], size: tuple[int, int], where: str) -> tuple[int, Corners]:
    if len(words) != 5:
        more = ". Outlines are not read, only boxes" if len(words) > 6 else ""
        raise DataError(f"{where}: {len(words)} words. Expected class, x, y, width and height{more}")
    height, width = size
    try:
        class_id = int(words[0])
        x, y, w, h = map(float, words[1:])
    except ValueError:
        raise DataError(f"{where}: {one_line(' '.join(words))[:60]!r}. Expected five numbers") from None
    if class_id < 0:
        raise DataError(f"{where}: class {class_id}. Classes count from 0")
    if max(x, y, w, h) > 2:
        raise DataError(f"{where}: {' '.join(words[1:])} are no shares of the picture, 0 to 1. Are they pixels?")
    return class_id, ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)


def _numbers(pictures: list[BoxedPicture]) -> tuple[str, ...]:
    """Numbers for names, where nobody named the classes."""
    most = max((index for picture in pictures for index in picture.class_id), default=-1)
    if most >= 100_000:
        raise DataError(f"class {most}: nobody has so many classes. Number them from 0")
    return tuple(str(index) for index in range(most + 1))


def _check_known(pictures: list[BoxedPicture], classes: int, path: Path) -> None:
    for picture in pictures:
        for index in picture.class_id:
            if index >= classes:
                name = one_line(picture.path.name)
                raise DataError(f"{one_line(path)}: class {index} of {name}, but only {classes} classes have names")


FORMAT = Yolo()
