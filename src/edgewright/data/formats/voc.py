"""Pascal VOC's XML: a file for each picture, with the corners of its boxes in pixels that count from 1.

Source: M. Everingham et al., "The PASCAL Visual Object Classes Challenge 2012 Development Kit", section 4.
"""

from __future__ import annotations

from pathlib import Path

from edgewright.data.dataset import Dataset
from edgewright.data.format import ReadOptions
from edgewright.data.formats.boxes import BoxedPicture, Corners, below, boxes_dataset, is_file, is_picture
from edgewright.data.formats.voc_xml import Node, parse_xml
from edgewright.errors import DataError
from edgewright.media import one_line

_PICTURE_FOLDERS = ("JPEGImages", "images", "Images")

Boxes = list[tuple[str, Corners, bool, str]]


class Voc:
    """A folder with `Annotations/*.xml` and `JPEGImages/`, or with the XML beside each picture."""

    name = "voc"
    expects = "Pascal VOC's Annotations and JPEGImages"

    def recognizes(self, path: Path, head: bytes) -> bool:
        """Tell by the XML files in the folder."""
        return path.is_dir() and bool(_documents(path))

    def open(self, path: Path, options: ReadOptions) -> Dataset:
        """List the pictures with their boxes; classes are in alphabetical order. Raises DataError."""
        documents = _documents(path)
        read = []
        for done, document in enumerate(documents):
            options.progress("Reading annotations", done, len(documents))
            read.append(_annotation(path, document))
        classes = sorted({name for _, boxes in read for name, *_ in boxes})
        place = {name: index for index, name in enumerate(classes)}
        for picture, boxes in read:
            for name, box, difficult, where in boxes:
                picture.add(box, place[name], where, crowd=difficult)
        return boxes_dataset([picture for picture, _ in read], classes, path)


def _documents(folder: Path) -> list[Path]:
    beside = sorted(folder.glob("*.xml"))
    if beside and not any(map(is_picture, folder.iterdir())):
        beside = []
    return sorted((folder / "Annotations").glob("*.xml")) or beside


def _annotation(folder: Path, document: Path) -> tuple[BoxedPicture, Boxes]:
    where = one_line(document)
    root = parse_xml(document)
    if root.tag != "annotation":
        raise DataError(f"{where}: <{one_line(root.tag)[:40]}>. Expected an <annotation> of Pascal VOC")
    name = root.text_of("filename")
    folders = [*(folder / part for part in _PICTURE_FOLDERS), document.parent, folder]
    picture = next((file for file in (below(part, name, where) for part in folders) if is_file(file)), None)
    boxes = [_object(node, f"{where}: object {number}") for number, node in enumerate(root.all("object"), 1)]
    return BoxedPicture(picture or below(folders[0], name, where), _size(root, where)), boxes


def _size(root: Node, where: str) -> tuple[int, int] | None:
    size = root.first("size")
    if size is None:
        return None
    height, width = (_number(size, side, where) for side in ("height", "width"))
    return (int(height), int(width)) if height >= 1 and width >= 1 else None


def _object(node: Node, where: str) -> tuple[str, Corners, bool, str]:
    name, box = node.text_of("name"), node.first("bndbox")
    if not name or box is None:
        raise DataError(f"{where}: expected a <name> and a <bndbox>")
    x0, y0, x1, y1 = (_number(box, side, where) for side in ("xmin", "ymin", "xmax", "ymax"))
    return name, (x0 - 1, y0 - 1, x1, y1), node.text_of("difficult") == "1", where


def _number(node: Node, tag: str, where: str) -> float:
    text = node.text_of(tag)
    try:
        return float(text)
    except ValueError:
        raise DataError(f"{where}: <{tag}> is {one_line(text)[:40]!r}. Expected a number") from None


FORMAT = Voc()
