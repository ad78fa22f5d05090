"""Sorting by one key as the choice of all largest ones, which LiteRT has (TOPK_V2).

That is as stable as a sort: of equals, the first comes first. It has no order for NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgewright.convert.sources.jax.rewriting.rule import Equation, Evaluate, Rule

_KEYS = ("float32", "int32", "int16", "int8", "bool")


def _sorted(equation: Equation, values: Sequence[Any], evaluate: Evaluate) -> list[Any] | None:
    from jax import lax
    from jax import numpy as jnp

    axis, keys = equation.params["dimension"], equation.params["num_keys"]
    if keys != 1 or str(values[0].dtype) not in _KEYS:
        return None
    moved = [jnp.moveaxis(value, axis, -1) for value in values]
    # What top_k returns first is not used: alone, the converter makes a sort of it once more.
    _, order = lax.top_k(_opposite(moved[0]), moved[0].shape[-1])
    found = (jnp.take_along_axis(array, order, axis=-1, mode="clip") for array in moved)
    return [jnp.moveaxis(array, -1, axis) for array in found]


def _opposite(key: Any) -> Any:
    """Numbers in the opposite order, without an overflow."""
    from jax import numpy as jnp

    if key.dtype == jnp.bool_:
        return 1 - key.astype(jnp.int32)
    return -key if key.dtype == jnp.float32 else -1 - key


RULES = {"sort": Rule(_sorted, "sorts as the choice of all largest (NaN has no place)")}
