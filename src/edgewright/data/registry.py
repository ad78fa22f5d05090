"""What data sets can be read from: formats of files and folders, and sets known by name.

The modules of `edgewright.data.sources` register themselves here; a package outside does the same from a module that
it names under the entry point group `edgewright.datasets`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, get_args, runtime_checkable

from edgewright.data.dataset import Dataset
from edgewright.data.samples import Samples
from edgewright.errors import DataError, UsageError
from edgewright.machine import Progress, silent
from edgewright.model import ColorSpace, ResizePolicy

ENTRY_POINTS = "edgewright.datasets"


@dataclass(frozen=True)
class ReadOptions:
    """How pictures become arrays, where a source holds pictures.

    size: (height, width) pixels, or None for their own, which must then be the same for all. color_space: None is
    GRAYSCALE if all pictures are grey, else RGB. policy: what happens to another aspect ratio.
    """

    size: tuple[int, int] | None = None
    color_space: ColorSpace | None = None
    policy: ResizePolicy = "stretch"
    progress: Progress = field(default=silent)

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
    """A kind of file or folder that holds a labelled data set."""

    @property
    def name(self) -> str:
        """Short name, unique: "npz"."""

    @property
    def expects(self) -> str:
        """What it looks like, for the message that nothing fitted: "an .npz file with x and y"."""

    def recognizes(self, path: Path, head: bytes) -> bool:
        """Whether `path` is of this format; `head` holds its first bytes, or nothing for a folder."""

    def read(self, path: Path, options: ReadOptions) -> Dataset:
        """Read it. Raises DataError."""


@runtime_checkable
class Listing(Protocol):
    """A format of pictures that can also say where they are without decoding them, labelled or not."""

    def samples(self, path: Path) -> Samples:
        """List the pictures. Raises DataError."""


@dataclass(frozen=True)
class Named:
    """A data set known by its name. read: gets a Progress; raises DataError or MissingExtraError."""

    name: str
    description: str
    read: Callable[[Progress], Dataset]


_FORMATS: dict[str, Format] = {}
_FALLBACKS: dict[str, Format] = {}
_NAMED: dict[str, Named] = {}


def register_format(one: Format, *, fallback: bool = False) -> None:
    """Make a format known to `load`; the names of formats are unique. A `fallback` is tried after all others."""
    if one.name in _FORMATS or one.name in _FALLBACKS:
        raise UsageError(f"there is a data format {one.name!r} already. Choose another name")
    (_FALLBACKS if fallback else _FORMATS)[one.name] = one


def register_named(one: Named) -> None:
    """Make a data set known to `load` by its name; names are unique."""
    if one.name in _NAMED:
        raise UsageError(f"there is a data set {one.name!r} already. Choose another name")
    _NAMED[one.name] = one


def formats() -> tuple[Format, ...]:
    """List every format, in the order in which they are tried."""
    _discover()
    return (*_FORMATS.values(), *_FALLBACKS.values())


def named() -> dict[str, Named]:
    """List every data set that has a name."""
    _discover()
    return dict(_NAMED)


@cache
def _discover() -> None:
    package = importlib.import_module("edgewright.data.sources")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            entry.load()
        except (ImportError, AttributeError) as problem:
            raise UsageError(f"the plug-in {entry.value!r} for data sets cannot be loaded: {problem}") from problem
