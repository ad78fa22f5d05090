"""Models by name: who knows them lies above all rooms that take models, so the public face hands the look-up in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_look_up: Callable[[str], Any] | None = None


def hand_in(look_up: Callable[[str], Any]) -> None:
    """Say who knows models by name; `look_up` returns the `ModelFile` that was fetched under a name."""
    global _look_up  # one package has one catalogue
    _look_up = look_up


def named_model(name: str) -> Any:
    """The model of this name. Raises what the catalogue raises where there is none, or where it was not fetched yet."""
    if _look_up is None:
        raise LookupError("nobody handed in who knows models by name")
    return _look_up(name)
