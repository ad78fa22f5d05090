"""What a task takes for an entry of the listing: a path, or a file object that fetches its bytes when it is read."""

from __future__ import annotations

from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from edgewright.errors import DataError, UsageError
from edgewright.media import MOST_BYTES, Given, one_line
from edgewright.scale.again import patiently
from edgewright.scale.entry import Entry
from edgewright.scale.remote.addresses import is_web, scheme_of, shown
from edgewright.scale.remote.places import place_of
from edgewright.task import InputKind


def source_of(entry: Entry, takes: InputKind) -> Any:
    """The input for a task: the path of a local file, or a text; else a file object whose `name` messages have.

    Nothing is read here. What is fetched has at most 256 MiB, and a call that fails in a way that may pass is made
    again, for 120 seconds at most; what is wrong with an input is a `DataError` that names it, when the task reads it.
    """
    if getattr(takes, "suffixes", None) is None:  # a text, which may look like an address
        return entry.name
    if entry.archive is not None:
        return _given(entry.name, partial(_member, entry, entry.archive))
    if scheme_of(entry.name) is not None:
        return _given(entry.name, partial(_whole, entry.name))
    return entry.name


def _given(name: str, fetch: Any) -> Given:
    path = name.partition("?")[0] if is_web(name) else name
    return Given(name, shown(name), PurePosixPath(path).stem or "input", fetch)


def _whole(address: str) -> bytes:
    try:
        return place_of(address).read_all()
    except UsageError as error:  # a scheme that nobody knows, in one line of a list: the others go on
        raise DataError(str(error)) from None


def _member(entry: Entry, archive: str) -> bytes:
    """A part of an archive. Raises `DataError`."""
    if not 0 <= entry.offset < 1 << 62 or not 0 <= entry.size <= MOST_BYTES:
        raise DataError(f"{shown(entry.name)}: over {MOST_BYTES >> 20} MiB are no single input")
    if not entry.size:
        raise DataError(f"{shown(entry.name)}: there is nothing in it")
    end = entry.offset + entry.size
    read = place_of(archive).read if scheme_of(archive) is not None else partial(_local_part, archive)
    content = read(entry.offset, end)
    if len(content) != entry.size:
        raise DataError(
            f"{shown(entry.name)}: only {len(content):,} of its {entry.size:,} bytes are there; the archive was changed"
        )
    return content


def _local_part(archive: str, start: int, end: int) -> bytes:
    def read() -> bytes:
        try:
            with Path(archive).open("rb") as file:
                file.seek(start)
                return file.read(end - start)
        except OSError as problem:
            raise DataError(f"{one_line(archive)}: cannot be read ({problem.strerror})") from problem

    return patiently(read)
