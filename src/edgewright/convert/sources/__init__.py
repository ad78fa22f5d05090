"""The formats that can be converted: one file each, which implements `Source` and registers itself.

A package outside adds one by an entry point in the group `edgewright.sources`: its name, and an object like `Source`.
"""

from __future__ import annotations

import importlib.metadata
import os
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Protocol

from edgewright.convert.options import ConversionOptions
from edgewright.convert.product import Product
from edgewright.errors import ConversionError, UsageError
from edgewright.machine import Progress

ENTRY_POINTS = "edgewright.sources"


class Source(Protocol):
    """One source format."""

    name: str
    title: str

    def recognises(self, source: object) -> bool:
        """Whether this is such a source, by its content; a path exists. Reads a few bytes at most, imports nothing."""

    def convert(self, source: object, options: ConversionOptions, workshop: Path, progress: Progress) -> Product:
        """Convert it; temporary files go into `workshop`, a folder that is removed afterwards."""


_sources: dict[str, Source] = {}


def register_source(source: Source) -> None:
    """Make a format available to `convert`; raises `UsageError` if its name is taken."""
    if source.name in _sources:
        raise UsageError(f"a source named {source.name!r} is registered already")
    _sources[source.name] = source


def sources() -> tuple[Source, ...]:
    """All formats, those of installed packages included."""
    _load_all()
    return tuple(_sources.values())


def find_source(source: object) -> Source:
    """The format of a source, by its content.

    Raises `ConversionError` for what is none of them, saying what it is instead where that can be seen.
    """
    if isinstance(source, Path):
        _check_path(source)
    found = next((candidate for candidate in sources() if candidate.recognises(source)), None)
    if found is None:
        raise ConversionError(_what_it_is(source))
    return found


@cache
def _load_all() -> None:
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if not path.name.startswith("_"):
            import_module(f"{__name__}.{path.stem}")
    for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        register_source(point.load())


def _check_path(path: Path) -> None:
    if not path.exists():
        near = [found.name for found in sorted(path.parent.glob(f"{path.name}.*"))] if path.parent.is_dir() else []
        hint = f" Did you mean {path.parent / near[0]}?" if near else ""
        raise ConversionError(f"{path}: there is no such file or folder.{hint}")
    if not os.access(path, os.R_OK):
        raise ConversionError(f"{path}: no permission to read it")
    if path.is_file() and path.stat().st_size == 0:
        raise ConversionError(f"{path}: the file is empty")


# The first bytes of what people give by mistake.
_SIGNATURES = (
    (b"<!doctype html", "a web page, not a model. Download the file itself"),
    (b"<html", "a web page, not a model. Download the file itself"),
    (b"version https://git-lfs", "a pointer of Git LFS, not the model. Run: git lfs pull"),
    (b"\x80\x02", "a Python pickle, which runs code when loaded. Save the model with model.save('model.keras')"),
    (b"\x80\x04", "a Python pickle, which runs code when loaded. Save the model with model.save('model.keras')"),
    (b"\x1f\x8b", "compressed with gzip. Unpack it first"),
    (b"pk\x03\x04", "a zip archive, but no Keras archive. Unpack it first"),
    (b"{", "a description of a model without its weights. Save the model with model.save('model.keras')"),
)


def _what_it_is(source: object) -> str:
    expected = "Expected one of: " + "; ".join(found.title for found in sources())
    if not isinstance(source, Path):
        return f"a {type(source).__module__}.{type(source).__qualname__} cannot be converted. {expected}"
    if source.is_dir():
        return f"{source}: a folder without saved_model.pb. {expected}"
    with source.open("rb") as stream:
        start = stream.read(64)
    plain = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    known = next((words for signature, words in _SIGNATURES if plain.startswith(signature)), None)
    return f"{source}: this is {known}" if known else f"{source}: not a model that is known here. {expected}"
