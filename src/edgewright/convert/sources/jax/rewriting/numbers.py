"""Functions of numbers that come out wrong, or have no kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgewright.convert.sources.jax.rewriting.rule import Equation, Evaluate, Rule


def _cube_root(equation: Equation, values: Sequence[Any], evaluate: Evaluate) -> list[Any]:
    """sign(x) · |x|^(1/3): the converter's form is a power of x itself, which is NaN below 0."""
    from jax import numpy as jnp

    (x,) = values
    return [jnp.sign(x) * jnp.abs(x) ** (1 / 3)]


RULES = {"cbrt": Rule(_cube_root, "cube roots by their sign")}
