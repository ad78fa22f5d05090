"""`dataclass` as the standard library has it, made in a third of the time: a short program waits for each class.

The standard library compiles every method of every class. Here the fields are its work, `__init__` alone is compiled,
and the other methods are the same functions for all classes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import field as field
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(
        cls: type | None = None, /, *, frozen: bool = False, eq: bool = True, slots: bool = False, kw_only: bool = False
    ) -> Any:
        """Do what `dataclasses.dataclass` does with these options; whoever needs another one takes that."""

        def made(given: type) -> type:
            plain = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(given)
            for name, method in _methods(plain, frozen, eq).items():
                if vars(given).get(name) is None:  # Python says None of the hash of a class with its own `__eq__`
                    setattr(plain, name, method)
            plain.__dataclass_params__.frozen = frozen  # asked where another class inherits from this one
            return plain

        return made if cls is None else made(cls)


_Fields = tuple[dataclasses.Field[Any], ...]

_set = object.__setattr__


class _Made:
    """Stands for a default that is made anew for each value."""

    def __repr__(self) -> str:
        return "<factory>"


_MADE = _Made()


def _methods(cls: Any, frozen: bool, eq: bool) -> dict[str, Any]:
    fields = dataclasses.fields(cls)
    methods: dict[str, Any] = {"__init__": _init(cls, fields, frozen), "__repr__": _repr(fields)}
    if eq:
        compared = _tuple_of([field.name for field in fields if field.compare])
        methods |= {"__eq__": _eq(compared), "__hash__": _hash(compared) if frozen else None}
    if frozen:
        methods |= _refusing(cls, frozenset(field.name for field in fields))
        if "__slots__" in vars(cls):
            methods |= _pickled(fields)
    return methods


def _init(cls: type, fields: _Fields, frozen: bool) -> Callable[..., None]:
    by_place = [field for field in fields if field.init and not field.kw_only]
    by_name = [field for field in fields if field.init and field.kw_only]
    given = ["self", *(field.name for field in by_place), *"*"[: len(by_name)], *(field.name for field in by_name)]
    lines = [_line(field, frozen) for field in fields if field.init or _has_default(field)]
    lines += ["self.__post_init__()"] if hasattr(cls, "__post_init__") else []
    known: dict[str, Any] = {f"made_{field.name}": _maker(field) for field in fields if _is_made(field)}
    known |= {"_set": _set, "_MADE": _MADE}
    exec(f"def __init__({', '.join(given)}):\n " + ("\n ".join(lines) or "pass"), known)  # noqa: S102 - our own words
    init: Any = known["__init__"]
    init.__module__, init.__qualname__ = cls.__module__, f"{cls.__qualname__}.__init__"
    init.__defaults__ = tuple(_default(field) for field in by_place if _has_default(field))
    init.__kwdefaults__ = {field.name: _default(field) for field in by_name if _has_default(field)}
    init.__annotations__ = {field.name: field.type for field in (*by_place, *by_name)} | {"return": None}
    return init  # type: ignore[no-any-return]


def _line(field: dataclasses.Field[Any], frozen: bool) -> str:
    """The line of `__init__` that stores a field."""
    value = field.name
    if _is_made(field):
        value = f"made_{field.name}() if {value} is _MADE else {value}" if field.init else f"made_{field.name}()"
    return f"_set(self, {field.name!r}, {value})" if frozen else f"self.{field.name} = {value}"


def _is_made(field: dataclasses.Field[Any]) -> bool:
    return field.default_factory is not dataclasses.MISSING or not field.init


def _maker(field: dataclasses.Field[Any]) -> Callable[[], Any]:
    return (lambda: field.default) if field.default_factory is dataclasses.MISSING else field.default_factory


def _has_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _default(field: dataclasses.Field[Any]) -> Any:
    return _MADE if _is_made(field) else field.default


def _repr(fields: _Fields) -> Callable[[Any], str]:
    shown = [field.name for field in fields if field.repr]

    @recursive_repr()
    def text(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    return text


def _tuple_of(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _eq(compared: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any, object], bool]:
    def equal(self: Any, other: object) -> bool:
        return compared(self) == compared(other) if type(other) is type(self) else NotImplemented

    return equal


def _hash(compared: Callable[[Any], tuple[Any, ...]]) -> Callable[[Any], int]:
    return lambda self: hash(compared(self))


def _refusing(cls: Any, names: frozenset[str]) -> dict[str, Any]:
    """What keeps a value as it is; a class that inherits may add attributes of its own."""

    def refuse_to_set(self: Any, name: str, value: Any) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    def refuse_to_delete(self: Any, name: str) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    return {"__setattr__": refuse_to_set, "__delattr__": refuse_to_delete}


def _pickled(fields: _Fields) -> dict[str, Any]:
    """How a frozen value without a `__dict__` is pickled and copied."""
    names = [field.name for field in fields]
    state = _tuple_of(names)

    def restore(self: Any, values: tuple[Any, ...]) -> None:
        for name, value in zip(names, values, strict=True):
            _set(self, name, value)

    return {"__getstate__": lambda self: state(self), "__setstate__": restore}
