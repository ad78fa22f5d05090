"""Transposed convolutions: the converter has one form of them, and takes others for it without a word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgewright.convert.sources.jax.rewriting.rule import Equation, Evaluate, Rule


def _transposed(equation: Equation, values: Sequence[Any], evaluate: Evaluate) -> list[Any] | None:
    said = equation.params
    if all(stride == 1 for stride in said["lhs_dilation"]):
        return None
    x, kernel = values
    if _is_plain(said):
        return [_cropped(equation, x, kernel)]
    return [_spread(equation, x, kernel)]


def _is_plain(said: dict[str, Any]) -> bool:
    """Whether it is one of pictures with a stride alone, which LiteRT has a kernel for."""
    ones = (said["window_strides"], said["rhs_dilation"])
    alone = all(size == 1 for sizes in ones for size in sizes)
    single = said["feature_group_count"] == said["batch_group_count"] == 1
    return alone and single and len(said["lhs_dilation"]) == 2


def _cropped(equation: Equation, x: Any, kernel: Any) -> Any:
    """The whole transposed convolution, as its kernel computes it; what the padding leaves out is cut off, or added."""
    from jax import lax

    said = equation.params
    numbers = said["dimension_numbers"]
    sizes = [kernel.shape[axis] for axis in numbers.rhs_spec[2:]]
    whole = [(size - 1, max(size, stride) - 1) for size, stride in zip(sizes, said["lhs_dilation"], strict=True)]
    result = _convolved(said, x, kernel, whole, said["lhs_dilation"])
    edges = [(0, 0, 0)] * result.ndim
    for axis, wanted, had in zip(numbers.out_spec[2:], said["padding"], whole, strict=True):
        edges[axis] = (wanted[0] - had[0], wanted[1] - had[1], 0)
    return lax.pad(result, result.dtype.type(0), edges)


def _spread(equation: Equation, x: Any, kernel: Any) -> Any:
    """A plain convolution of the input with zeros in between."""
    said = equation.params
    for axis, stride in zip(said["dimension_numbers"].lhs_spec[2:], said["lhs_dilation"], strict=True):
        x = _with_zeros(x, axis, stride)
    return _convolved(said, x, kernel, said["padding"], (1,) * len(said["lhs_dilation"]))


def _with_zeros(x: Any, axis: int, stride: int) -> Any:
    """Zeros between the entries of an axis, none behind the last."""
    from jax import lax
    from jax import numpy as jnp

    if stride == 1:
        return x
    before, after = x.shape[:axis], x.shape[axis + 1 :]
    apart = x.reshape((*before, x.shape[axis], 1, *after))
    filled = jnp.concatenate([apart, *[jnp.zeros_like(apart)] * (stride - 1)], axis=axis + 1)
    joined = filled.reshape((*before, x.shape[axis] * stride, *after))
    return lax.slice_in_dim(joined, 0, (x.shape[axis] - 1) * stride + 1, axis=axis)


def _convolved(said: dict[str, Any], x: Any, kernel: Any, padding: Any, spread: Any) -> Any:
    from jax import lax

    return lax.conv_general_dilated(
        x,
        kernel,
        said["window_strides"],
        padding,
        lhs_dilation=spread,
        rhs_dilation=said["rhs_dilation"],
        dimension_numbers=said["dimension_numbers"],
        feature_group_count=said["feature_group_count"],
        batch_group_count=said["batch_group_count"],
        precision=said["precision"],
        preferred_element_type=said["preferred_element_type"],
    )


RULES = {"conv_general_dilated": Rule(_transposed, "transposed convolutions by their whole")}
