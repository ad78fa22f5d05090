"""Which inputs choose rows of a table, and how many rows it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# What holds other equations and hands its inputs to them in their order.
_INNER = ("jaxpr", "call_jaxpr")


def bounds(jaxpr: Any) -> list[int | None]:
    """For each input of whole numbers the least number of rows that it chooses from; None where it chooses none."""
    found: dict[int, int] = {}
    whole = {variable: place for place, variable in enumerate(jaxpr.invars) if _is_whole(variable)}
    for place, rows in _chosen(jaxpr, whole):
        found[place] = min(rows, found.get(place, rows))
    return [found.get(place) for place in range(len(jaxpr.invars))]


def _chosen(jaxpr: Any, known: Mapping[Any, int]) -> Iterator[tuple[int, int]]:
    """(input, rows) of every choice; `known` are variables that hold an input's numbers, with its place."""
    held = dict(known)
    for equation in jaxpr.eqns:
        given = [held.get(atom) if not hasattr(atom, "val") else None for atom in equation.invars]
        place = next((place for place in given if place is not None), None)
        if place is None:
            continue
        if equation.primitive.name == "gather" and given[1] is not None:
            axes = equation.params["dimension_numbers"].start_index_map
            yield given[1], min(equation.invars[0].aval.shape[axis] for axis in axes)
        inner = next((equation.params[key] for key in _INNER if key in equation.params), None)
        if inner is not None and len(given) == len(getattr(inner, "jaxpr", inner).invars):
            inside = getattr(inner, "jaxpr", inner)
            yield from _chosen(
                inside, {variable: at for variable, at in zip(inside.invars, given, strict=True) if at is not None}
            )
        held.update({variable: place for variable in equation.outvars if _is_whole(variable)})


def _is_whole(variable: Any) -> bool:
    return getattr(getattr(variable.aval, "dtype", None), "kind", "") in "iu"
