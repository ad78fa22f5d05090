"""Sorting, by LiteRT's list of the largest entries."""

from __future__ import annotations

from typing import Any

import torch

from edgewright.convert.sources.torch.repairs.rewriting import Node, Repair, Tensor, used, value

# Whole numbers from 0, of which LiteRT has the negative; it lists the largest of 32 bits only.
_WHOLE = (torch.int64, torch.int16, torch.int8, torch.uint8, torch.bool)


def _sorted(x: Tensor, axis: int, falling: bool, count: int | None = None) -> tuple[Tensor, Tensor]:
    """The first `count` of the sorted entries along an axis, or all, and where they stood; of equal ones the first."""
    if not x.dim():
        return x, torch.zeros((), dtype=torch.int64)
    numbers = _listed(x, axis)
    values, places = torch.topk(numbers if falling else -numbers, count or numbers.shape[-1])
    values = (values if falling else -values).to(x.dtype)
    return values.movedim(-1, axis), places.movedim(-1, axis)


def _sorted_values(x: Tensor, axis: int, falling: bool, count: int | None = None) -> tuple[Tensor, Tensor]:
    """The same where nobody takes the places: the converter makes lists of values only to what LiteRT lacks."""
    if not x.dim():
        return x, torch.zeros((), dtype=torch.int64)
    numbers = _listed(x, axis)
    places = torch.topk(numbers if falling else -numbers, count or numbers.shape[-1])[1]
    return numbers.gather(-1, places).to(x.dtype).movedim(-1, axis), places.movedim(-1, axis)


def _listed(x: Tensor, axis: int) -> Tensor:
    """The axis last, in a type that LiteRT lists."""
    moved = x.movedim(axis, -1)
    return moved.to(torch.int32) if moved.dtype in _WHOLE else moved


def _stable(x: Tensor, stable: Any, axis: int, falling: bool) -> tuple[Tensor, Tensor]:
    return _sorted(x, axis, falling)


def _stable_values(x: Tensor, stable: Any, axis: int, falling: bool) -> tuple[Tensor, Tensor]:
    return _sorted_values(x, axis, falling)


def _argsort(x: Tensor, axis: int, falling: bool) -> Tensor:
    return _sorted(x, axis, falling)[1]


def _argsort_stable(x: Tensor, stable: bool, axis: int, falling: bool) -> Tensor:
    return _sorted(x, axis, falling)[1]


def _kth(x: Tensor, k: int, axis: int, keep: bool) -> tuple[Tensor, Tensor]:
    """The k-th smallest, from 1."""
    values, places = _sorted_values(x, axis, False, k)
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


def _alone_or_whole(node: Node) -> bool:
    return not used(node, 1) or value(node.args[0]).dtype in _WHOLE


def _first(x: Tensor, count: int, axis: int, largest: bool, _: bool) -> tuple[Tensor, Tensor]:
    return _sorted(x, axis, largest, count)


def _first_values(x: Tensor, count: int, axis: int, largest: bool, _: bool) -> tuple[Tensor, Tensor]:
    return _sorted_values(x, axis, largest, count)


_LISTED = "by the list of the largest entries"
REPAIRS = {
    "aten.sort.default": Repair(_sorted, _LISTED, values_form=_sorted_values),
    "aten.sort.stable": Repair(_stable, _LISTED, values_form=_stable_values),
    "aten.argsort.default": Repair(_argsort, _LISTED),
    "aten.argsort.stable": Repair(_argsort_stable, _LISTED),
    "aten.kthvalue.default": Repair(_kth, _LISTED, _value_only),
    "aten.median.dim": Repair(_median, _LISTED, _value_only),
    "aten.median.default": Repair(_median_of_all, _LISTED),
    "aten.topk.default": Repair(_first, "with its places, in 32 bits", _alone_or_whole, values_form=_first_values),
}
