"""Tables of a TOML file into dataclasses, with every mistake said in one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

from edgewright.errors import HubError

_Value = TypeVar("_Value")


def made(kind: type[_Value], values: Mapping[str, Any], what: str) -> _Value:
    """Make the dataclass `kind` of a table; raises HubError for missing, unknown and mistyped keys."""
    where = f"{what}." if what else ""
    known = {one.name: str(one.type) for one in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise HubError(f"{where}{unknown[0]} is unknown. Known are: {', '.join(known)}")
    for key, value in values.items():
        _check_type(f"{where}{key}", value, known[key])
    missing = [one.name for one in fields(kind) if _required(one) and one.name not in values]  # type: ignore[arg-type]
    if missing:
        raise HubError(f"{where}{missing[0]} is missing")
    try:
        return kind(**values)
    except TypeError as problem:
        raise HubError(f"{what or 'the entry'} has a value of a wrong type: {problem}") from None


def _required(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _check_type(what: str, value: object, wanted: str) -> None:
    kinds: dict[str, type | tuple[type, ...]] = {"str": str, "int": int, "float": (int, float)}
    if wanted in kinds and (not isinstance(value, kinds[wanted]) or isinstance(value, bool)):
        raise HubError(f"{what} is {value!r}; expected {'text' if wanted == 'str' else 'a number'}")
