"""Pictures from Python: anything that can be iterated over, or a function that gives such."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.agent.frame import Frame
from edgewright.agent.sources.protocol import SourceError, Taken
from edgewright.errors import DataError, UsageError


class IteratorSource:
    """Arrays (height, width, 3) uint8, paths, bytes of picture files, PIL images, or `Frame`s.

    An iterator is used up once; a function that returns one can be called again after it broke off.
    """

    live = False
    can_stall = False
    name = "iterator"

    def __init__(self, pictures: Iterable[Any] | Callable[[], Iterable[Any]]) -> None:
        self._pictures = pictures
        self._closed = False

    def frames(self) -> Iterator[Frame]:
        """Give pictures until there are no more, or the source is closed."""
        pictures = self._pictures() if callable(self._pictures) else self._pictures
        try:
            for picture in pictures:
                if self._closed:
                    return
                yield as_frame(picture)
        except (OSError, DataError) as error:
            raise SourceError(f"the iterator raised {type(error).__name__}: {error}") from error

    def give_back(self, marks: Iterable[str]) -> None:
        """An iterator cannot be asked again."""

    def close(self) -> None:
        """End before the next picture."""
        self._closed = True


def as_frame(picture: Any) -> Frame:
    """What stands for a picture, as a frame; raises `DataError` for anything else."""
    if isinstance(picture, Frame):
        return picture
    if isinstance(picture, bytes | bytearray | memoryview):
        return Frame(bytes(picture))
    if isinstance(picture, str | os.PathLike):
        return Frame(Path(picture).read_bytes(), name=os.fspath(picture))
    pixels = np.asarray(picture.convert("RGB") if hasattr(picture, "convert") else picture)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise DataError(f"a picture is uint8 (height, width, 3), got {pixels.dtype} {pixels.shape}")
    return Frame(np.ascontiguousarray(pixels))


def open_iterator(target: Any, *, every_frame: bool, memory: Taken) -> IteratorSource:
    """The source of an iterable, or of a function that returns one."""
    if not callable(target) and not isinstance(target, Iterable):
        kind = type(target).__name__
        raise UsageError(f"a source is a camera, a stream, a file, a folder or an iterable, not {kind}")
    return IteratorSource(target)
