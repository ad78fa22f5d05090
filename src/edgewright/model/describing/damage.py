"""What of a file's metadata makes no sense: noted and left unsaid, so that one bad field does not cost the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

from edgewright.errors import MetadataError
from edgewright.spelling import either

_T = TypeVar("_T")

_LONGEST = 300  # Characters of a reason: names and lists in it come from the file.


class OverLimitError(MetadataError):
    """More than any sound file has. Such a file is made to exhaust who reads it, so it is refused as a whole."""


class Damage(NamedTuple):
    """One part of the metadata that makes no sense: `where` it stands, which `part`, and `why`.

    `where` is "" for what the file says of the whole model. `part` is the name of a field, or of a file behind the
    model.
    """

    where: str
    part: str
    why: str

    @property
    def argument(self) -> str:
        """The argument of a task by which its caller says the same; "" where there is none."""
        part = self.part.partition(" ")[0]
        return _CALLED.get(part, part if part in _ARGUMENTS else "")

    @property
    def text(self) -> str:
        """One sentence or two for people: what it is, and what can be done."""
        said = f"{self.where}: {self.why}" if self.where else self.why
        name = self.argument
        option = "--mean and --std" if name == "normalization" else f"--{name.replace('_', '-')}"
        return f"{said}. It counts as not said{f'; give {either(python=name, command=option)}' if name else ''}"


_ARGUMENTS = frozenset(
    {
        *("normalization", "resize", "crop_fraction", "interpolation", "pad", "columns", "rate", "window", "hop"),
        *("labels", "meaning", "task"),
    }
)
_CALLED = {
    "tokenizer": "vocabulary",
    "DETECTOR_METADATA": "anchors",
    "SEGMENTER_METADATA": "meaning",
}


def sound(damaged: dict[str, str], part: str, read: Callable[[], _T], otherwise: _T) -> _T:
    """What `read` gives; where that makes no sense, `otherwise`, and the reason under the part's name in `damaged`.

    Raises `OverLimitError` where there is too much of it.
    """
    try:
        return read()
    except OverLimitError:
        raise
    except MetadataError as error:
        damaged[part] = str(error)[:_LONGEST]
        return otherwise


def of_sound_parts(
    build: Callable[..., _T], parts: Mapping[str, Callable[[], Mapping[str, Any]]], damaged: dict[str, str]
) -> _T:
    """What `build` makes of the values of all parts that make sense, each looked at alone; the others are `damaged`."""
    said: dict[str, Any] = {}
    nothing: Mapping[str, Any] = {}
    for part, read in parts.items():
        said |= sound(damaged, part, partial(_tried, build, read), nothing)
    return build(**said, damaged=damaged)


def _tried(build: Callable[..., object], read: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """What is read, once `build` has taken it."""
    values = read()
    build(**values)
    return values
