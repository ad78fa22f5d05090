"""Pictures from Python: anything that can be iterated over, or a function that gives such."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.signal import Signal
from edgewright.agent.capture.sources.protocol import SourceError, Taken
from edgewright.errors import UsageError


class IteratorSource:
    """Arrays (height, width, 3) uint8, paths, bytes of picture files, PIL images, `Signal`s, or `Frame`s.

    An iterator that raises an error is asked for its next picture all the same. A function is called for an iterator
    at the start, and again when that one broke off.
    """

    live = False
    can_stall = False
    name = "iterator"

    def __init__(self, pictures: Iterable[Any] | Callable[[], Iterable[Any]]) -> None:
        self._pictures = pictures
        self._iterator = None if callable(pictures) else iter(pictures)
        self._closed = False

    def frames(self) -> Iterator[Frame]:
        """Give pictures until there are no more, or the source is closed."""
        try:
            for picture in self._call() if self._iterator is None else self._iterator:
                if self._closed:
                    return
                yield as_frame(picture)
        except OSError as error:
            raise SourceError(f"the iterator raised {type(error).__name__}: {error}") from error

    def _call(self) -> Iterable[Any]:
        made: Iterable[Any] = self._pictures()  # type: ignore[operator]  # what is no function has an iterator
        return made

    def give_back(self, marks: Iterable[str]) -> None:
        """An iterator cannot be asked again."""

    def close(self) -> None:
        """End before the next picture."""
        self._closed = True


def as_frame(picture: Any) -> Frame:
    """What stands for a picture, as a frame; for anything else the frame says what is wrong with it."""
    if isinstance(picture, Frame):
        return picture
    if isinstance(picture, Signal):
        return Frame(picture)
    if isinstance(picture, bytes | bytearray | memoryview):
        return Frame(bytes(picture))
    if isinstance(picture, str | os.PathLike):
        return _from_file(picture)
    pixels = np.asarray(picture.convert("RGB") if hasattr(picture, "convert") else picture)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        return Frame(b"", error=f"a picture is uint8 (height, width, 3), got {pixels.dtype} {pixels.shape}")
    return Frame(np.ascontiguousarray(pixels))


def _from_file(path: str | os.PathLike[str]) -> Frame:
    name = os.fspath(path)
    try:
        return Frame(Path(path).read_bytes(), name=name)
    except OSError as error:
        return Frame(b"", name=name, error=f"{name}: {error.strerror}")


def open_iterator(target: Any, *, every_frame: bool, memory: Taken) -> IteratorSource:
    """The source of an iterable, or of a function that returns one."""
    if not callable(target) and not isinstance(target, Iterable):
        kind = type(target).__name__
        raise UsageError(f"a source is a camera, a stream, a file, a folder or an iterable, not {kind}")
    return IteratorSource(target)
