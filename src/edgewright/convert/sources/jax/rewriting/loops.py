"""Loops of a fixed length as a chain of their steps, which runs quicker; others as LiteRT has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgewright.convert.sources.jax.rewriting.rule import Equation, Evaluate, Rule

# Beyond so many equations, a chain would take longer to convert than anybody waits.
MOST_EQUATIONS = 20_000


def _unrolled(equation: Equation, values: Sequence[Any], evaluate: Evaluate) -> list[Any] | None:
    from jax import lax
    from jax import numpy as jnp

    said = equation.params
    body, length, carried = said["jaxpr"], said["length"], said["num_carry"]
    if not isinstance(length, int) or not 0 < length * len(body.jaxpr.eqns) <= MOST_EQUATIONS:
        return None
    fixed, state, rows = _parted(values, said["num_consts"], carried)
    steps: list[list[Any]] = []
    for place in reversed(range(length)) if said["reverse"] else range(length):
        row = [lax.index_in_dim(array, place, keepdims=False) for array in rows]
        results = evaluate(body, [*fixed, *state, *row])
        state = results[:carried]
        steps.append(results[carried:])
    ordered = steps[::-1] if said["reverse"] else steps
    return [*state, *(jnp.stack(column) for column in zip(*ordered, strict=True))]


def _parted(values: Sequence[Any], fixed: int, carried: int) -> tuple[list[Any], list[Any], list[Any]]:
    return list(values[:fixed]), list(values[fixed : fixed + carried]), list(values[fixed + carried :])


def _branches(equation: Equation, values: Sequence[Any], evaluate: Evaluate) -> list[Any] | None:
    from jax import lax

    index, *operands = values
    ways = [lambda *given, way=way: evaluate(way, given) for way in equation.params["branches"]]
    return list(lax.switch(index, ways, *operands))


def _while(equation: Equation, values: Sequence[Any], evaluate: Evaluate) -> list[Any]:
    """The same loop, with all that it reads as a part of its state: LiteRT's loops see nothing else."""
    from jax import lax

    said = equation.params
    asked, done = said["cond_nconsts"], said["body_nconsts"]
    kept = asked + done

    def goes_on(state: Any) -> Any:
        return evaluate(said["cond_jaxpr"], [*state[:asked], *state[kept:]])[0]

    def step(state: Any) -> Any:
        return [*state[:kept], *evaluate(said["body_jaxpr"], [*state[asked:kept], *state[kept:]])]

    return list(lax.while_loop(goes_on, step, list(values)))[kept:]


RULES = {"scan": Rule(_unrolled, "loops unrolled"), "cond": Rule(_branches), "while": Rule(_while)}
