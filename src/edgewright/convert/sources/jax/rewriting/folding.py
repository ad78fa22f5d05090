"""Computes beforehand what does not depend on the inputs: random numbers of a fixed key, arithmetic on weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from edgewright.convert.sources.jax.rewriting.rule import Equation

# A result that is larger than what it is made of costs place in the file; of so many numbers, too little to matter.
_SMALL = 4096
_RANDOM = ("random_", "threefry")
# What holds equations of its own is taken apart by rules, and a free size has no value yet.
_LEFT = ("scan", "while", "cond", "dim_as_value")


def folded(equation: Equation, values: Sequence[Any]) -> Sequence[Any] | None:
    """The results of an equation of constants alone; None where it depends on inputs, or its result is large."""
    import jax

    if any(isinstance(value, jax.core.Tracer) for value in values) or equation.effects:
        return None
    if equation.primitive.name in _LEFT or not _worth(equation, values):
        return None
    with jax.ensure_compile_time_eval():
        results = equation.primitive.bind(*values, **equation.primitive.get_bind_params(equation.params))
    return list(results) if equation.primitive.multiple_results else [results]


def _worth(equation: Equation, values: Sequence[Any]) -> bool:
    if equation.primitive.name.startswith(_RANDOM):
        return True
    made = [_size(variable.aval) for variable in equation.outvars]
    most = max(_SMALL, sum(_size(atom.aval) or 0 for atom in equation.invars))
    return all(size is not None for size in made) and sum(size or 0 for size in made) <= most


def _size(kind: Any) -> int | None:
    """How many numbers an array has; None where sizes are free."""
    shape = getattr(kind, "shape", ())
    return math.prod(shape) if all(isinstance(size, int) for size in shape) else None
