"""Running products, maxima and the like along an axis, in steps that double: log2(size) of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

from edgewright.convert.sources.torch.repairs.elementwise import logaddexp
from edgewright.convert.sources.torch.repairs.rewriting import Node, Repair, Tensor, used, value


def _scanned(x: Tensor, axis: int, join: Callable[[Tensor, Tensor], Tensor], neutral: float) -> Tensor:
    """join(x[0], …, x[i]) at each place i (Hillis and Steele, 1986); `neutral` changes nothing when it is joined."""
    if not x.dim():
        return x
    x = x.movedim(axis, -1)
    reach = 1
    while reach < x.shape[-1]:
        before = functional.pad(x[..., :-reach], (reach, 0), value=neutral)
        x = join(before, x)
        reach *= 2
    return x.movedim(-1, axis)


def _product(x: Tensor, axis: int, dtype: Any = None) -> Tensor:
    return _scanned(x if dtype is None else x.to(dtype), axis, torch.mul, 1.0)


def _extreme(join: Callable[[Tensor, Tensor], Tensor], sign: int) -> Callable[[Tensor, int], tuple[Tensor, Tensor]]:
    def form(x: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        values = _scanned(x, axis, join, sign * torch.finfo(x.dtype).max)
        # Nobody takes the places.
        return values, torch.zeros(values.shape, dtype=torch.int64)

    return form


def _log_sum(x: Tensor, axis: int) -> Tensor:
    return _scanned(x, axis, logaddexp, -torch.finfo(x.dtype).max)


def _values_of_numbers(node: Node) -> bool:
    return not used(node, 1) and value(node.args[0]).is_floating_point()


_DOUBLING = "in steps that double"
REPAIRS = {
    "aten.cumprod.default": Repair(_product, _DOUBLING),
    "aten.cummax.default": Repair(_extreme(torch.maximum, -1), _DOUBLING, _values_of_numbers),
    "aten.cummin.default": Repair(_extreme(torch.minimum, 1), _DOUBLING, _values_of_numbers),
    "aten.logcumsumexp.default": Repair(_log_sum, _DOUBLING),
}
