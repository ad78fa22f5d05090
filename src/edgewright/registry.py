"""A registry: parts by name, the built-in ones and those of other packages alike, each imported when it is used."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from importlib import import_module
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast

from edgewright.errors import EdgewrightError, PluginWarning, UsageError

T = TypeVar("T")


class Registry(Generic[T]):
    """Parts of one kind by name.

    `built_in` names ours as "module:attribute", the form of entry points; other packages add theirs in the entry-point
    group `group`, a running program with `register`. One that cannot be imported spoils nothing but itself.
    """

    def __init__(self, kind: str, group: str, built_in: Mapping[str, str], *, made: bool = False) -> None:
        """`kind` is what one part is called in messages: "engine". With `made`, classes stand for a part made of them.

        Such a class is called without arguments, once.
        """
        self._made = made
        self._kind = kind
        self._group = group
        self._built_in = dict(built_in)
        self._parts: dict[str, T] = {}

    def register(self, name: str, part: T) -> None:
        """Make a part available by name; raises `UsageError` if the name is taken."""
        if name in self._parts or name in self._built_in:
            raise UsageError(f"the {self._kind} {name!r} is registered already")
        self._parts[name] = self._whole(part)

    def names(self) -> tuple[str, ...]:
        """All names in alphabetical order, those of installed packages included; nothing is imported for it."""
        from importlib.metadata import entry_points

        return tuple(sorted({*self._parts, *self._built_in, *entry_points(group=self._group).names}))

    def in_order(self) -> tuple[str, ...]:
        """All names, ours in the order in which they are written down, the others behind them."""
        return (*self._built_in, *(name for name in self.names() if name not in self._built_in))

    def built_in(self) -> Iterator[T]:
        """Ours, in the order in which they are written down, and then what the running program registered."""
        yield from map(self.get, self._built_in)
        yield from [part for name, part in self._parts.items() if name not in self._built_in]

    def outside(self) -> Iterator[T]:
        """Those of other packages; one that cannot be imported is said in a warning, and the others go on."""
        from importlib.metadata import entry_points

        for point in entry_points(group=self._group):
            if point.name in self._built_in:
                continue
            try:
                yield self.get(point.name)
            except EdgewrightError as error:
                warnings.warn(f"{error}. It is left out", PluginWarning, stacklevel=2)

    def get(self, name: str) -> T:
        """The part of a name.

        Raises `UsageError` for an unknown one, with the nearest and all choices, and `EdgewrightError` for a package's
        part that cannot be imported.
        """
        if name not in self._parts:
            self._parts[name] = self._whole(self._load(name))
        return self._parts[name]

    def _whole(self, part: T) -> T:
        return cast(T, part()) if self._made and isinstance(part, type) else part

    def _load(self, name: str) -> T:
        if name in self._built_in:
            return cast(T, _imported(self._built_in[name]))
        # Reading the metadata of all installed packages takes time: only for a name that is not ours.
        from importlib.metadata import entry_points

        for point in entry_points(group=self._group, name=name):
            try:
                return cast(T, _imported(point.value))
            except Exception as error:
                message = f"the {self._kind} {name!r} ({point.value}) cannot be imported: {error}"
                raise EdgewrightError(message) from error
        raise UsageError(self._unknown(name))

    def _unknown(self, name: str) -> str:
        import difflib

        names = self.names()
        near = difflib.get_close_matches(name, names, n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        return f"there is no {self._kind} {name!r}.{meant} Choose one of: {', '.join(names)}"


def _imported(target: str) -> Any:
    module, _, path = target.partition(":")
    return attrgetter(path)(import_module(module))
