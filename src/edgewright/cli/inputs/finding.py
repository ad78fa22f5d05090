"""What the words of a command line mean as inputs of a model: files, folders, patterns, addresses, …."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from edgewright.cli.verb import say
from edgewright.errors import DataError

if TYPE_CHECKING:
    from edgewright.task import InputKind

# Kinds that take a file object, so that what is no file can be one. Texts and series know "-" by themselves.
_AS_FILES = ("picture", "sound", "series")
_STANDARD_INPUT = "-"
_ADDRESSES = ("http://", "https://")
_VIDEOS = frozenset(
    f".{suffix}" for suffix in "mp4 m4v mov avi mkv webm mpg mpeg mts m2ts ts wmv flv 3gp ogv mjpeg mjpg".split()
)


class Inputs(NamedTuple):
    """Inputs in their order; `total` is None where only reading a video shows how many they are."""

    items: Iterable[Any]
    total: int | None


def find_inputs(takes: InputKind, words: Sequence[str], every: str | None = None) -> Inputs:
    """All inputs that the words stand for; what is passed over is said on standard error.

    `every`: which frames of videos. Raises `DataError` where there are none.
    """
    parts = list(_parts(takes, words, every))
    lazy = any(isinstance(part, Iterator) for part in parts)
    if every is not None and not lazy:
        raise click.UsageError("--every goes with a video file")
    asked = getattr(takes, "left_out", None)
    left_out = asked(words) if asked is not None else None
    total = None if lazy else sum(map(len, parts))
    if total == 0:
        also = f"; {left_out}" if left_out else ""
        raise DataError(f"{', '.join(words)}: no {takes.plural} in there{also}")
    if left_out:
        say(left_out)
    return Inputs(chain.from_iterable(parts), total) if lazy else Inputs(list(chain.from_iterable(parts)), total)


def _parts(takes: InputKind, words: Sequence[str], every: str | None) -> Iterator[Any]:
    """The inputs of each word: a list, or an iterator over the frames of a video."""
    if takes.name not in _AS_FILES:
        yield list(takes.find(words))
        return
    if words.count(_STANDARD_INPUT) > 1:
        raise click.UsageError("- is standard input, which can be read once")
    for word in words:
        if word == _STANDARD_INPUT and takes.name != "series":
            from edgewright.cli.inputs.piped import standard_input

            yield [standard_input()]
        elif word.lower().startswith(_ADDRESSES):
            from edgewright.cli.inputs.addresses import address

            yield [address(word)]
        elif takes.name == "picture" and is_video(Path(word)):
            from edgewright.cli.inputs.videos import USUAL, every_of, frames_of

            yield frames_of(word, USUAL if every is None else every_of(every))
        else:
            yield list(takes.find([word]))


def is_one_video(words: Sequence[str]) -> bool:
    """Whether one video file is all that there is."""
    return len(words) == 1 and is_video(Path(words[0]))


def is_video(path: Path) -> bool:
    """Whether it is a file whose name is a video's."""
    return path.suffix.lower() in _VIDEOS and path.is_file()
