"""Limits that a caller sets: least scores, how much boxes overlap, and how many things there are at most."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

from edgewright.errors import UsageError


def is_number(given: Any) -> bool:
    """Whether it is a number of Python or of NumPy; True and False are none."""
    return isinstance(given, Real) and not isinstance(given, bool)


def share(given: Any, name: str, *, what: str = "scores go") -> float:
    """A number from 0 to 1; raises `UsageError` for all else, with the name and what it is a share of."""
    if not is_number(given) or not 0 <= given <= 1:
        raise UsageError(f"{name} is {given!r}; {what} from 0 to 1")
    return float(given)


def overlap(given: Any, usual: float) -> float:
    """The overlap from which on two boxes are one, 0 to 1; raises `UsageError` for all else."""
    chosen = usual if given is None else given
    return share(chosen, "iou", what="the overlap of two boxes goes")


def at_least_one(given: Any) -> int | None:
    """The largest number of things that are shown, None where nobody says one; raises `UsageError` below 1."""
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, Integral) or not int(given) >= 1:
        raise UsageError(f"most is {given!r}; at least 1 is needed")
    return int(given)
