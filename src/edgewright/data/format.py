"""What a format of data sets is, and how it is asked to read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, get_args

from edgewright.data.dataset import Dataset
from edgewright.errors import DataError, UsageError
from edgewright.machine import Progress, silent
from edgewright.model import ColorSpace, ResizePolicy


@dataclass(frozen=True)
class ReadOptions:
    """How pictures become arrays, where a source holds pictures.

    labeled: data without labels are refused, in the words of their format. size: (height, width) pixels, or None for
    their own, which must then be the same for all. color_space: None is GRAYSCALE if all pictures are gray, else RGB.
    policy: what happens to another aspect ratio.
    """

    size: tuple[int, int] | None = None
    color_space: ColorSpace | None = None
    policy: ResizePolicy = "stretch"
    progress: Progress = field(default=silent)
    labeled: bool = False

    def __post_init__(self) -> None:
        if self.size is not None and (len(self.size) != 2 or min(self.size) < 1):
            raise UsageError(f"picture size {self.size}: expected (height, width), each at least 1")
        for what, value, choices in (
            ("color space", self.color_space, (None, *get_args(ColorSpace))),
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
