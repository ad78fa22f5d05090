"""What data sets can be read from: formats of files and folders, and sets known by name.

A package outside names its formats under the entry point group `edgewright.data_formats`, and sets that have a name
under `edgewright.datasets`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, get_args

from edgewright.data.dataset import Dataset
from edgewright.errors import DataError, UsageError
from edgewright.machine import Progress, silent
from edgewright.model import ColorSpace, ResizePolicy
from edgewright.registry import Registry

FORMAT_ENTRY_POINTS = "edgewright.data_formats"
NAMED_ENTRY_POINTS = "edgewright.datasets"


@dataclass(frozen=True)
class ReadOptions:
    """How pictures become arrays, where a source holds pictures.

    labelled: data without labels are refused, in the words of their format. size: (height, width) pixels, or None for
    their own, which must then be the same for all. color_space: None is GRAYSCALE if all pictures are grey, else RGB.
    policy: what happens to another aspect ratio.
    """

    size: tuple[int, int] | None = None
    color_space: ColorSpace | None = None
    policy: ResizePolicy = "stretch"
    progress: Progress = field(default=silent)
    labelled: bool = False

    def __post_init__(self) -> None:
        if self.size is not None and (len(self.size) != 2 or min(self.size) < 1):
            raise UsageError(f"picture size {self.size}: expected (height, width), each at least 1")
        for what, value, choices in (
            ("colour space", self.color_space, (None, *get_args(ColorSpace))),
            ("resize policy", self.policy, get_args(ResizePolicy)),
        ):
            if value not in choices:
                raise UsageError(f"unknown {what} {value!r}. Choose one of: {', '.join(c for c in choices if c)}")

    def accept_arrays(self, dataset: Dataset) -> Dataset:
        """Return data that are arrays already; raises DataError if they are not as asked, for resizing is a guess."""
        shape = dataset.x.shape
        if self.size is not None and shape[1:3] != tuple(self.size):
            raise self._refusal(dataset, " x ".join(str(n) for n in self.size))
        channels = shape[3] if len(shape) == 4 else 1
        if self.color_space is not None and channels != (3 if self.color_space == "RGB" else 1):
            raise self._refusal(dataset, self.color_space)
        return dataset

    def _refusal(self, dataset: Dataset, wanted: str) -> DataError:
        have = " x ".join(str(n) for n in dataset.x.shape[1:])
        return DataError(f"{dataset.name}: inputs of {have}, expected {wanted}. Arrays are taken as they are")


class Format(Protocol):
    """A kind of file or folder that holds a data set."""

    @property
    def name(self) -> str:
        """Short name, unique: "npz"."""

    @property
    def expects(self) -> str:
        """What it looks like, for the message that nothing fitted: "an .npz file with x and y"."""

    def recognizes(self, path: Path, head: bytes) -> bool:
        """Whether `path` is of this format; `head` holds its first bytes, or nothing for a folder."""

    def open(self, path: Path, options: ReadOptions) -> Dataset:
        """Read arrays, list pictures: those are decoded when they are used. Raises DataError."""


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
        "csv": "edgewright.data.formats.csv_table:FORMAT",
        "idx": "edgewright.data.formats.idx:FORMAT",
        "npz": "edgewright.data.formats.npz:FORMAT",
        "coco": "edgewright.data.formats.coco:FORMAT",
        "yolo": "edgewright.data.formats.yolo:FORMAT",
        "voc": "edgewright.data.formats.voc:FORMAT",
        "masks": "edgewright.data.formats.masks:FORMAT",
    },
    made=True,
    protocol="edgewright.data.registry:Format",
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
    yield _folders()


def format_of(path: Path, head: bytes) -> Format | None:
    """The first format that recognizes a file or folder by its path and first bytes; None where none does."""

    def recognizes(known: Format) -> bool:
        return known.recognizes(path, head)

    ours = next(filter(recognizes, _formats.built_in()), None)
    found = ours or next((known for known, fits in _formats.asked(recognizes) if fits), None)
    return found or next(filter(recognizes, [_folders()]), None)


def _folders() -> Format:
    """The format that takes any folder, and so comes after those of other packages."""
    from edgewright.data.formats.folders import FORMAT  # which needs the protocol above

    return FORMAT


def named() -> dict[str, Named]:
    """Every data set that has a name, ours first."""
    return {one.name: one for one in (*_named.built_in(), *_named.outside())}


def find_named(name: str) -> Named | None:
    """The data set of a name; None where there is no such one."""
    return _named.get(name) if name in _named.names() else None
