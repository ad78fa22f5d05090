"""Sums, products and extremes at places of an array: the converter changes their inner function to one that none runs.

Where no place is meant twice, they are: take what is there, compute, and put the results back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edgewright.convert.sources.jax.rewriting.rule import Equation, Evaluate, Rule

# Of a sum with places that are meant twice: it is a product of matrices with a one for each place, of at most so many.
_MOST_ONES = 1 << 22


def _operations() -> Mapping[str, Callable[[Any, Any], Any]]:
    from jax import numpy as jnp

    return {
        "scatter-add": jnp.add, "scatter-sub": jnp.subtract, "scatter-mul": jnp.multiply,
        "scatter-min": jnp.minimum, "scatter-max": jnp.maximum,
    }  # fmt: skip


def _scattered(equation: Equation, values: Sequence[Any], evaluate: Evaluate) -> list[Any] | None:
    operand, places, updates = values
    positions = _positions(equation, operand, places, updates)
    flat, news = operand.reshape(-1), updates.reshape(-1)
    if _are_single(equation, positions):
        return [_put(flat, positions, news, equation.primitive.name).reshape(operand.shape)]
    if equation.primitive.name not in ("scatter-add", "scatter-sub") or flat.size * news.size > _MOST_ONES:
        return None
    return [_summed(flat, positions, news, equation.primitive.name).reshape(operand.shape)]


def _positions(equation: Equation, operand: Any, places: Any, updates: Any) -> Any:
    """The position in the flat operand of each update, in their order; -1 for one that lies outside.

    It is what gathering with the same numbers of dimensions finds in an array of positions.
    """
    import jax
    from jax import lax
    from jax import numpy as jnp

    said = equation.params["dimension_numbers"]
    numbers = lax.GatherDimensionNumbers(
        offset_dims=said.update_window_dims,
        collapsed_slice_dims=said.inserted_window_dims,
        start_index_map=said.scatter_dims_to_operand_dims,
        operand_batching_dims=said.operand_batching_dims,
        start_indices_batching_dims=said.scatter_indices_batching_dims,
    )
    left_out = {*said.inserted_window_dims, *said.operand_batching_dims}
    window = iter(updates.shape[axis] for axis in said.update_window_dims)
    sizes = tuple(1 if axis in left_out else next(window) for axis in range(operand.ndim))
    mode = "clip" if equation.params["mode"] == lax.GatherScatterMode.CLIP else "fill"
    known = contextlib.nullcontext() if isinstance(places, jax.core.Tracer) else jax.ensure_compile_time_eval()
    with known:
        every = jnp.arange(operand.size, dtype=jnp.int32).reshape(operand.shape)
        return lax.gather(every, places, numbers, sizes, mode=mode, fill_value=-1).reshape(-1)


def _are_single(equation: Equation, positions: Any) -> bool:
    """Whether every update is for a place inside, and none for the same as another."""
    import jax
    import numpy as np

    if isinstance(positions, jax.core.Tracer):
        return False
    found = np.asarray(positions)
    return bool((found >= 0).all()) and len(np.unique(found)) == len(found)


def _put(flat: Any, positions: Any, news: Any, name: str) -> Any:
    found = _operations()[name](flat[positions], news)
    return flat.at[positions].set(found, unique_indices=True, mode="promise_in_bounds")


def _summed(flat: Any, positions: Any, news: Any, name: str) -> Any:
    from jax import numpy as jnp

    ones = (positions[:, None] == jnp.arange(flat.size)[None]).astype(flat.dtype)
    total = jnp.sum(news[:, None] * ones, axis=0)
    return _operations()[name](flat, total)


RULES = {
    name: Rule(_scattered, "sums at places as reading and writing")
    for name in ("scatter-add", "scatter-sub", "scatter-mul", "scatter-min", "scatter-max")
}
