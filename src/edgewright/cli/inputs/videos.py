"""A video as inputs: some of its frames, evenly spread, each with its place in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

import click
import numpy as np

from edgewright.agent import Decoded, Decoder, SourceError, load_av
from edgewright.cli.inputs.given import Given
from edgewright.errors import DataError
from edgewright.report import printable

_EVERY = re.compile(r"(\d+(?:\.\d+)?)(s?)")


class Every(NamedTuple):
    """Which frames are looked at: each n-th one, or the first one after so many seconds each time."""

    frames: int | None = None
    seconds: float | None = None

    @classmethod
    def of(cls, text: str) -> Self:
        """Read "10", each tenth frame, or "0.5s". Raises `click.BadParameter`."""
        match = _EVERY.fullmatch(text.strip())
        number = float(match[1]) if match else 0.0
        if match is None or not number or (not match[2] and number != int(number)):
            raise click.BadParameter(
                f"{text!r}: give a number of frames, as 10, or of seconds, as 0.5s", param_hint="--every"
            )
        return cls(seconds=number) if match[2] else cls(frames=int(number))

    def wants(self, decoded: Decoded, taken: int) -> bool:
        """Whether a frame is one of them, when so many were taken before it."""
        if self.seconds is not None and decoded.at_s is not None:
            return decoded.at_s >= taken * self.seconds - 1e-6
        return decoded.number % (self.frames or 1) == 0


USUAL = Every(seconds=1.0)


class Still(np.ndarray[Any, np.dtype[np.uint8]]):
    """One frame: (height, width, 3) uint8 RGB that knows where it is from.

    `name` is what it is called, `stem` its name in those of files, `position` its number from 0 and its seconds.
    """

    name: str
    stem: str
    position: dict[str, float]

    @classmethod
    def of(cls, path: Path, decoded: Decoded) -> Self:
        """A frame that came whole."""
        still = np.asarray(decoded.pixels).view(cls)
        still.position = {"frame": decoded.number}
        if decoded.at_s is not None:
            still.position["seconds"] = round(decoded.at_s, 3)
        at = f"frame {decoded.number}" if decoded.at_s is None else f"{decoded.at_s:.2f} s"
        still.name, still.stem = f"{path} at {at}", f"{path.stem}-{decoded.number}"
        return still

    def __str__(self) -> str:
        return self.name


def frames_of(word: str, every: Every) -> Iterator[Still | Given]:
    """Those frames of a video that are asked for; where it cannot be read an input whose error says why.

    Raises `MissingExtraError` at once where nothing reads videos here.
    """
    load_av()
    return _frames(Path(word), every)


def _frames(path: Path, every: Every) -> Iterator[Still | Given]:
    taken = damaged = 0
    try:
        decoder = Decoder(str(path))
        try:
            for decoded in decoder:
                damaged += decoded.pixels is None
                if decoded.pixels is not None and every.wants(decoded, taken):
                    taken += 1
                    yield Still.of(path, decoded)
        finally:
            decoder.close()
    except SourceError as error:
        yield _unreadable(path, f"the video cannot be read{' any further' if taken else ''}: {error}")
    if damaged:
        frames = "1 frame is" if damaged == 1 else f"{damaged:,} frames are"
        click.echo(f"edgewright: {printable(path)}: {frames} damaged and left out", err=True)


def _unreadable(path: Path, reason: str) -> Given:
    def fail() -> bytes:
        raise DataError(f"{path}: {reason}")

    return Given(str(path), str(path), path.stem, fail)
