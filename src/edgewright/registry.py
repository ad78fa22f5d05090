"""A registry: parts by name, the built-in ones and those of other packages alike, each imported when it is used."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from importlib import import_module
from operator import attrgetter
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

from edgewright.errors import EdgewrightError, PluginWarning, UsageError

T = TypeVar("T")
Answer = TypeVar("Answer")


class Registry(Generic[T]):
    """Parts of one kind by name.

    `built_in` names ours as "module:attribute", the form of entry points; other packages add theirs in the entry-point
    group `group`, a running program with `register`. One that cannot be imported spoils nothing but itself.
    """

    def __init__(
        self,
        kind: str,
        group: str,
        built_in: Mapping[str, str],
        *,
        made: bool = False,
        protocol: str = "",
        whole: Callable[[str, Any], T] | None = None,
    ) -> None:
        """`kind` is what one part is called in messages: "engine". With `made`, classes stand for a part made of them.

        Such a class is called without arguments, once. `protocol` names, as "module:class", what a part of another
        package has to have: the attributes and methods of that class, and its own name in `name`, if that is one of
        them. `whole` makes the part of its name and of what the entry point holds, and raises an `EdgewrightError` for
        what makes no sense.
        """
        self._made = made
        self._protocol = protocol
        self._make_whole = whole
        self._kind = kind
        self.group = group
        self._built_in = dict(built_in)
        self._registered: set[str] = set()
        self._parts: dict[str, T] = {}
        self._left_out: set[str] = set()

    def register(self, name: str, part: T) -> None:
        """Make a part available by name; raises `UsageError` if the name is taken or the part is not whole."""
        if name in self._parts or name in self._built_in:
            raise UsageError(f"the {self._kind} {name!r} is registered already")
        whole = self._whole(name, part)
        if wrong := self._wrong(name, whole):
            raise UsageError(f"the {self._kind} {name!r} cannot be used: {wrong}")
        self._parts[name] = whole
        self._registered.add(name)

    def names(self) -> tuple[str, ...]:
        """All names in alphabetical order, those of installed packages included; nothing is imported for it."""
        from importlib.metadata import entry_points

        return tuple(sorted({*self._parts, *self._built_in, *entry_points(group=self.group).names}))

    def is_ours(self, name: str) -> bool:
        """Whether a name is one of ours, or of the running program; other packages are not looked at."""
        return name in self._built_in or name in self._registered

    def in_order(self) -> tuple[str, ...]:
        """All names, ours in the order in which they are written down, the others behind them."""
        return (*self._built_in, *(name for name in self.names() if name not in self._built_in))

    def built_in(self, only: Collection[str] | None = None) -> Iterator[T]:
        """Ours, in the order in which they are written down, and then what the running program registered.

        With `only`, those of ours that have one of the names; others are not imported.
        """
        yield from (self.get(name) for name in self._built_in if only is None or name in only)
        yield from [part for name, part in self._parts.items() if name in self._registered]

    def outside(self) -> Iterator[T]:
        """Those of other packages; one that cannot be used is said in a warning, once, and the others go on."""
        for _, part in self._outside():
            yield part

    def asked(self, question: Callable[[T], Answer]) -> Iterator[tuple[T, Answer]]:
        """Ask those of other packages something; one that fails over the question is left out like a broken one."""
        for name, part in self._outside():
            try:
                answer = question(part)
            except Exception as error:  # noqa: BLE001 - a stranger's code can raise anything
                self._leave_out(name, f"the {self._kind} {name!r} fails: {type(error).__name__}: {error}")
            else:
                yield part, answer

    def _outside(self) -> Iterator[tuple[str, T]]:
        from importlib.metadata import entry_points

        ours = {*self._built_in, *self._registered}
        for name in dict.fromkeys(point.name for point in entry_points(group=self.group)):
            if name in ours:
                continue
            try:
                yield name, self.get(name)
            except EdgewrightError as error:
                self._leave_out(name, str(error))

    def _leave_out(self, name: str, why: str) -> None:
        if name not in self._left_out:
            self._left_out.add(name)
            warnings.warn(f"{' '.join(why.split())}. It is left out", PluginWarning, stacklevel=4)

    def get(self, name: str) -> T:
        """The part of a name.

        Raises `UsageError` for an unknown one, with the nearest and all choices, and `EdgewrightError` for a package's
        part that cannot be imported, or has not what a part of its kind needs.
        """
        if name not in self._parts:
            self._parts[name] = self._load(name)
        return self._parts[name]

    def _load(self, name: str) -> T:
        if name in self._built_in:
            return self._whole(name, _imported(self._built_in[name]))
        # Reading the metadata of all installed packages takes time: only for a name that is not ours.
        from importlib.metadata import entry_points

        for point in entry_points(group=self.group, name=name):
            return self._of_package(name, point.value)
        raise UsageError(self._unknown(name))

    def _of_package(self, name: str, target: str) -> T:
        what = f"the {self._kind} {name!r} ({target})"
        try:
            part = _imported(target)
        except Exception as error:
            raise EdgewrightError(f"{what} cannot be imported: {error}") from error
        try:
            part = self._whole(name, part)
        except Exception as error:
            raise EdgewrightError(f"{what} cannot be used: {error}") from error
        if wrong := self._wrong(name, part):
            raise EdgewrightError(f"{what} cannot be used: {wrong}")
        return part

    def _wrong(self, name: str, part: T) -> str:
        return _wrong(part, name, _imported(self._protocol)) if self._protocol else ""

    def _whole(self, name: str, part: Any) -> T:
        if self._make_whole is not None:
            return self._make_whole(name, part)
        return cast(T, part() if self._made and isinstance(part, type) else part)

    def _unknown(self, name: str) -> str:
        import difflib

        names = self.names()
        near = difflib.get_close_matches(name, names, n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        return f"there is no {self._kind} {name!r}.{meant} Choose one of: {', '.join(names)}"


def package_at_fault(trace: TracebackType | None) -> str | None:
    """The installed package with parts for us in whose code, or in what that called of others, a trace ends."""
    from importlib.metadata import distributions

    makers: dict[str, str | None] = {"edgewright": None}
    for package in distributions():
        for point in package.entry_points:
            if point.group.startswith("edgewright."):
                makers.setdefault(point.module.partition(".")[0], package.name)
    found = None
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__"))
        found = makers.get(module.partition(".")[0], found)
        trace = trace.tb_next
    return found


def _wrong(part: Any, name: str, protocol: Any) -> str:
    """What a part lacks of a protocol, or that it has another name than its entry point; "" where it is whole."""
    wanted = [name for name in (*protocol.__annotations__, *vars(protocol)) if not name.startswith("_")]
    missing = [name for name in wanted if not hasattr(part, name)]
    if "__call__" in vars(protocol) and not callable(part):
        missing.append("call")
    if missing:
        return f"it has no {', '.join(missing)}"
    return f"it is called {part.name!r} itself" if "name" in wanted and part.name != name else ""


def _imported(target: str) -> Any:
    module, _, path = target.partition(":")
    return attrgetter(path)(import_module(module))
