"""Sorting, by LiteRT's list of the largest entries."""

from __future__ import annotations

from typing import Any

import torch

from edgewright.convert.sources.torch.repairs.rewriting import Node, Repair, Tensor, used, value

# Whole numbers from 0, of which LiteRT has the negative; it lists the largest of 32 bits only.
_WHOLE = (torch.int64, torch.int16, torch.int8, torch.uint8, torch.bool)


def _sorted(x: Tensor, axis: int, falling: bool, count: int | None = None) -> tuple[Tensor, Tensor]:
    """The first `count` of the sorted entries along an axis, or all, and where they stood; of equal ones the first."""
    moved = x.movedim(axis, -1) if x.dim() else x[None]
    numbers = moved.to(torch.int32) if moved.dtype in _WHOLE else moved
    values, places = torch.topk(numbers if falling else -numbers, count or numbers.shape[-1])
    values = (values if falling else -values).to(x.dtype)
    if not x.dim():
        return values[0], places[0]
    return values.movedim(-1, axis), places.movedim(-1, axis)


def _stable(x: Tensor, stable: Any, axis: int, falling: bool) -> tuple[Tensor, Tensor]:
    return _sorted(x, axis, falling)


def _argsort(x: Tensor, axis: int, falling: bool) -> Tensor:
    return _sorted(x, axis, falling)[1]


def _argsort_stable(x: Tensor, stable: bool, axis: int, falling: bool) -> Tensor:
    return _sorted(x, axis, falling)[1]


def _kth(x: Tensor, k: int, axis: int, keep: bool) -> tuple[Tensor, Tensor]:
    """The k-th smallest, from 1."""
    values, places = _sorted(x, axis, False, k)
    values, places = values.narrow(axis, k - 1, 1), places.narrow(axis, k - 1, 1)
    return (values, places) if keep else (values.squeeze(axis), places.squeeze(axis))


def _median(x: Tensor, axis: int, keep: bool) -> tuple[Tensor, Tensor]:
    """The lower of the two in the middle."""
    return _kth(x, (x.shape[axis] + 1) // 2, axis, keep)


def _median_of_all(x: Tensor) -> Tensor:
    return _median(x.reshape(-1), 0, False)[0]


def _value_only(node: Node) -> bool:
    """Which of equal entries is the k-th is not laid down, so its place cannot be compared."""
    return not used(node, 1)


def _not_of_numbers(node: Node) -> bool:
    return value(node.args[0]).dtype in _WHOLE


def _largest(x: Tensor, count: int, axis: int, largest: bool, _: bool) -> tuple[Tensor, Tensor]:
    return _sorted(x, axis, largest, count)


_LISTED = "by the list of the largest entries"
REPAIRS = {
    "aten.sort.default": Repair(_sorted, _LISTED),
    "aten.sort.stable": Repair(_stable, _LISTED),
    "aten.argsort.default": Repair(_argsort, _LISTED),
    "aten.argsort.stable": Repair(_argsort_stable, _LISTED),
    "aten.kthvalue.default": Repair(_kth, _LISTED, _value_only),
    "aten.median.dim": Repair(_median, _LISTED, _value_only),
    "aten.median.default": Repair(_median_of_all, _LISTED),
    "aten.topk.default": Repair(_largest, "in 32 bits", _not_of_numbers),
}
