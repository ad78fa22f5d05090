"""A video as inputs of a command: some of its frames, and what cannot be read of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from edgewright.cli.verb import say
from edgewright.errors import DataError
from edgewright.media import Every, Given, VideoFrames

_EVERY = re.compile(r"(\d+(?:\.\d+)?)(s?)")

USUAL = Every(seconds=1.0)


def every_of(text: str) -> Every:
    """Read "10", each tenth frame, or "0.5s". Raises `click.BadParameter`."""
    match = _EVERY.fullmatch(text.strip())
    number = float(match[1]) if match else 0.0
    if match is None or not number or (not match[2] and number != int(number)):
        raise click.BadParameter(
            f"{text!r}: give a number of frames, as 10, or of seconds, as 0.5s", param_hint="--every"
        )
    return Every(seconds=number) if match[2] else Every(frames=int(number))


def frames_of(word: str, every: Every) -> Iterator[Any]:
    """Those frames of a video that are asked for; where it cannot be read an input whose error says why.

    Raises `MissingExtraError` at once where nothing reads videos here.
    """
    return _frames(VideoFrames(Path(word), every))


def _frames(frames: VideoFrames) -> Iterator[Any]:
    try:
        yield from frames
    except DataError as error:
        yield _unreadable(frames.path, str(error))
    if frames.damaged:
        left_out = "1 frame is" if frames.damaged == 1 else f"{frames.damaged:,} frames are"
        say(f"{frames.path}: {left_out} damaged and left out")


def _unreadable(path: str, reason: str) -> Given:
    def fail() -> bytes:
        raise DataError(reason)

    return Given(path, path, Path(path).stem, fail)
