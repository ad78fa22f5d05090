"""The models that are known by name: the entries that are shipped, and those of other packages and of a program.

A package outside adds one by an entry point in the group `edgewright.models`: the model's name, and an `Entry` or a
table as in the files of `hub/entries`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from edgewright.errors import HubError, UsageError
from edgewright.hub.model_entry import Entry, entry_of_table, read_entry
from edgewright.mistaken import meant
from edgewright.registry import Registry

ENTRY_POINTS = "edgewright.models"

# As many names as are suggested in place of one that is not known.
_MOST_NEAR = 3

_FOLDER = Path(__file__).parent / "entries"


def _whole(name: str, part: Any) -> Entry:
    if isinstance(part, Entry) and part.name != name:
        raise HubError(f"its entry is called {part.name!r}")
    if isinstance(part, Entry):
        return part
    if not isinstance(part, Mapping):
        raise HubError(f"expected an Entry or a table, got {type(part).__name__}")
    return entry_of_table(name, part)


_others: Registry[Entry] = Registry("model", ENTRY_POINTS, {}, whole=_whole)


def register_entry(entry: Entry) -> None:
    """Make a model known by its name; raises UsageError if the name is taken."""
    if entry.name in _shipped() or entry.name in _others.names():
        raise UsageError(f"a model named {entry.name!r} is known already. Choose another name")
    _others.register(entry.name, entry)


def entries() -> tuple[Entry, ...]:
    """List all entries by name. Raises HubError where a file of ours is wrong; another package's is left out."""
    known = {entry.name: entry for entry in (*_others.outside(), *_others.built_in())} | _shipped()
    return tuple(known[name] for name in sorted(known))


def names() -> tuple[str, ...]:
    """List the names of all models, in alphabetical order; no other package's part is imported for it."""
    return tuple(sorted({*_shipped(), *_others.names()}))


def entry(name: str) -> Entry:
    """Look a model up; raises UsageError with the nearest names, if any are near, where there is none of that name.

    Raises EdgewrightError where it is another package's and its entry cannot be used.
    """
    if name in _shipped():
        return _shipped()[name]
    if name in _others.names():
        return _others.get(name)
    near = _near(name.lower(), names())
    file = meant(name) if Path(name).name == name and not near else ""
    hint = f" Did you mean {', '.join(map(repr, near))}?" if near else ""
    raise UsageError(f"there is no model named {name!r}{file or f'.{hint} All are listed by: `edgewright models`'}")


def _near(name: str, known: Sequence[str]) -> list[str]:
    """Names that begin with what was typed; where none does, those that look like it."""
    longer = [other for other in known if other.startswith(name)]
    return longer[:_MOST_NEAR] or difflib.get_close_matches(name, known, n=_MOST_NEAR, cutoff=0.6)


@cache
def _shipped() -> dict[str, Entry]:
    return {path.stem: read_entry(path) for path in sorted(_FOLDER.glob("*.toml"))}
