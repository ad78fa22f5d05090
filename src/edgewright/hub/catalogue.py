"""The models that are known by name: the entries that are shipped, and those that a program registers."""

from __future__ import annotations

import difflib
from functools import cache
from pathlib import Path

from edgewright.errors import UsageError
from edgewright.hub.model_entry import Entry, read_entry

_FOLDER = Path(__file__).parent / "entries"
_registered: dict[str, Entry] = {}


def register_entry(entry: Entry) -> None:
    """Make a model known by its name; raises UsageError if the name is taken."""
    if entry.name in _registered or entry.name in _shipped():
        raise UsageError(f"a model named {entry.name!r} is known already. Choose another name")
    _registered[entry.name] = entry


def entries() -> tuple[Entry, ...]:
    """List all entries by name. Raises HubError where an entry's file is wrong."""
    known = {**_shipped(), **_registered}
    return tuple(known[name] for name in sorted(known))


def names() -> tuple[str, ...]:
    """List the names of all models, in alphabetical order."""
    return tuple(entry.name for entry in entries())


def entry(name: str) -> Entry:
    """Look a model up; raises UsageError with the nearest name, if one is near, where there is none of that name."""
    known = {one.name: one for one in entries()}
    if name not in known:
        near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
        hint = f"Did you mean {near[0]!r}?" if near else "The known ones are listed by: edgewright models"
        raise UsageError(f"there is no model named {name!r}. {hint}")
    return known[name]


@cache
def _shipped() -> dict[str, Entry]:
    return {path.stem: read_entry(path) for path in sorted(_FOLDER.glob("*.toml"))}
