"""Resized maps, as LiteRT's own resize gets them wrong or has no form for: gathers and products of matrices.

What a resize does along one axis is a matrix. It is PyTorch's own: the same operator, applied to the identity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from edgewright.convert.sources.torch.repairs.rewriting import Node, Repair, Tensor, arguments, value


def _matrices(node: Node) -> tuple[Tensor, ...]:
    """(out, in) of each axis that is resized, in their order."""
    into = value(node.args[0]).shape[2:]
    out = value(node).shape[2:]
    return tuple(_matrix(node, axis, into[axis], out[axis]) for axis in range(len(into)))


def _matrix(node: Node, axis: int, into: int, out: int) -> Tensor:
    given = arguments(node)
    sizes = [into if other == axis else 1 for other in range(len(value(node).shape) - 2)]
    channels = into
    if len(sizes) == 2:
        # The identity lies in the map: PyTorch's antialiased resize of a map that is 1 wide is wrong (2.13).
        sizes, channels = [into, into], 1
    given["input"] = torch.eye(into).reshape(1, channels, *sizes)
    given |= _along(given, axis, out, sizes)
    resized = node.target(**given)
    last = len(sizes) == 2 and axis == 1
    return (resized.reshape(into, out).T if last or channels > 1 else resized.reshape(out, into)).contiguous()


def _along(given: dict[str, Any], axis: int, out: int, sizes: list[int]) -> dict[str, Any]:
    """The sizes and factors of a call that resizes one axis only."""
    changed: dict[str, Any] = {}
    if given.get("output_size") is not None:
        changed["output_size"] = [*sizes[:axis], out, *sizes[axis + 1 :]]
    if given.get("scale_factors") is not None:
        factors = [1.0 for _ in sizes]
        factors[axis] = given["scale_factors"][axis]
        changed["scale_factors"] = factors
    return changed


def _rows(node: Node) -> tuple[Tensor, ...]:
    """The index of the entry that each place is taken from, for each axis that is resized."""
    return tuple(matrix.argmax(1) for matrix in _matrices(node))


def _gathered(count: int) -> Callable[..., Tensor]:
    def form(x: Tensor, *rest: Any) -> Tensor:
        rows = rest[count - 1 :]
        for axis, row in enumerate(rows, 2):
            x = x.index_select(axis, row)
        return x

    return form


def _multiplied(count: int) -> Callable[..., Tensor]:
    def form(x: Tensor, *rest: Any) -> Tensor:
        *others, last = rest[count - 1 :]
        x = x @ last.T
        for axis, matrix in enumerate(others, 2):
            shape = x.shape
            flat = matrix @ x.reshape(*shape[: axis + 1], -1)
            x = flat.reshape(*shape[:axis], matrix.shape[0], *shape[axis + 1 :])
        return x

    return form


def _uneven(node: Node) -> bool:
    """Whether a nearest resize is by other than a whole factor, which LiteRT rounds in another way."""
    into, out = value(node.args[0]).shape[2:], value(node).shape[2:]
    return any(large % small for large, small in zip(out, into, strict=True)) or _by_other_factor(node)


def _by_other_factor(node: Node) -> bool:
    """Whether the factor that is given is another than that of the sizes, of which alone LiteRT knows."""
    factors = arguments(node).get("scale_factors")
    if factors is None:
        return False
    into, out = value(node.args[0]).shape[2:], value(node).shape[2:]
    return any(factor * small != large for factor, small, large in zip(factors, into, out, strict=True))


_GATHERED, _MULTIPLIED = "as gathers of its rows and columns", "as products with PyTorch's own weights"
REPAIRS = {
    **{f"aten.upsample_nearest{axes}d.vec": Repair(_gathered(3), _GATHERED, _uneven, _rows) for axes in (1, 2, 3)},
    "aten.upsample_bilinear2d.vec": Repair(_multiplied(4), _MULTIPLIED, _by_other_factor, _matrices),
    "aten._upsample_bilinear2d_aa.vec": Repair(_multiplied(4), _MULTIPLIED, constants=_matrices),
    "aten._upsample_bicubic2d_aa.vec": Repair(_multiplied(4), _MULTIPLIED, constants=_matrices),
}
