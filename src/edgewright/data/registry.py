"""What data sets can be read from: formats of files and folders, and sets known by name.

A package outside names its formats under the entry point group `edgewright.data_formats`, and sets that have a name
under `edgewright.datasets`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgewright.data.dataset import Dataset
from edgewright.data.format import Format
from edgewright.data.formats.folders import FORMAT as FOLDERS
from edgewright.machine import Progress
from edgewright.registry import Registry

FORMAT_ENTRY_POINTS = "edgewright.data_formats"
NAMED_ENTRY_POINTS = "edgewright.datasets"


@dataclass(frozen=True)
class Named:
    """A data set known by its name. read: gets a Progress; raises DataError or MissingExtraError."""

    name: str
    description: str
    read: Callable[[Progress], Dataset]


_formats: Registry[Format] = Registry(
    "data format",
    FORMAT_ENTRY_POINTS,
    {
        "events": "edgewright.data.formats.event_table:FORMAT",
        "texts": "edgewright.data.formats.text_table:FORMAT",
        "series": "edgewright.data.formats.series_table:FORMAT",
        "csv": "edgewright.data.formats.csv_table:FORMAT",
        "idx": "edgewright.data.formats.idx:FORMAT",
        "npz": "edgewright.data.formats.npz:FORMAT",
        "coco": "edgewright.data.formats.coco:FORMAT",
        "yolo": "edgewright.data.formats.yolo:FORMAT",
        "voc": "edgewright.data.formats.voc:FORMAT",
        "masks": "edgewright.data.formats.masks:FORMAT",
    },
    made=True,
    protocol="edgewright.data.format:Format",
)

_named: Registry[Named] = Registry(
    "data set",
    NAMED_ENTRY_POINTS,
    {
        "mnist5k": "edgewright.data.named.mnist5k:MNIST5K",
        "mnist": "edgewright.data.named.keras_datasets:MNIST_SET",
        "fashion_mnist": "edgewright.data.named.keras_datasets:FASHION_MNIST_SET",
    },
    protocol="edgewright.data.registry:Named",
)

register_format = _formats.register
register_named = _named.register


def formats() -> Iterator[Format]:
    """Every format, in the order in which they are tried; each is imported when its turn comes."""
    yield from _formats.built_in()
    yield from _formats.outside()
    yield FOLDERS  # which takes any folder, and so comes after those of other packages


def format_of(path: Path, head: bytes) -> Format | None:
    """The first format that recognizes a file or folder by its path and first bytes; None where none does."""

    def recognizes(known: Format) -> bool:
        return known.recognizes(path, head)

    ours = next(filter(recognizes, _formats.built_in()), None)
    found = ours or next((known for known, fits in _formats.asked(recognizes) if fits), None)
    return found or (FOLDERS if recognizes(FOLDERS) else None)


def named() -> dict[str, Named]:
    """Every data set that has a name, ours first."""
    return {one.name: one for one in (*_named.built_in(), *_named.outside())}


def find_named(name: str) -> Named | None:
    """The data set of a name; None where there is no such one."""
    return _named.get(name) if name in _named.names() else None
