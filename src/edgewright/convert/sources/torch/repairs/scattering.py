"""Entries that are added at places known while running: LiteRT scatters without adding up, so places are compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from itertools import product
from typing import Any

import torch
from torch.nn import functional

from edgewright.convert.sources.torch.repairs.convolutions import padded, stuffed
from edgewright.convert.sources.torch.repairs.rewriting import Node, Repair, Tensor, arguments, value

# Every entry is compared with every place; more comparisons than these are no form for a small machine.
_MOST = 2**24

Join = Callable[[Tensor, Tensor], Tensor]
# What an entry is that goes elsewhere, how entries for one place are joined, and these with what was there.
_KINDS: dict[str, tuple[float, Callable[[Tensor, int], Tensor], Join]] = {
    "sum": (0.0, lambda x, axis: x.sum(axis), torch.add),
    "prod": (1.0, lambda x, axis: x.prod(axis), torch.mul),
    "amax": (-torch.inf, lambda x, axis: x.amax(axis), torch.maximum),
    "amin": (torch.inf, lambda x, axis: x.amin(axis), torch.minimum),
}


def _scattered(x: Tensor, axis: int, index: Tensor, source: Tensor, kind: str, include_self: bool = True) -> Tensor:
    """`x` joined along an axis with the entries of `source`, each at the place that `index` has for it."""
    elsewhere, together, join = _KINDS[kind]
    x, index, source = (each.movedim(axis, -1) for each in (x, index, source))
    source = source[tuple(slice(0, size) for size in index.shape)]
    here = _from_start(index, x.shape[-1])[..., None] == torch.arange(x.shape[-1])
    neutral = torch.full_like(source[..., None], elsewhere)
    joined = together(torch.where(here, source[..., None], neutral), -2)
    ends = [(0, whole - part) for whole, part in zip(x.shape[:-1], joined.shape[:-1], strict=True)]
    flat = [size for pair in reversed([*ends, (0, 0)]) for size in pair]
    joined = functional.pad(joined, flat, value=elsewhere) if any(flat) else joined
    return join(x, joined).movedim(-1, axis)


def _from_start(index: Tensor, size: int) -> Tensor:
    return torch.where(index < 0, index + size, index)


def _added(x: Tensor, axis: int, index: Tensor, source: Tensor) -> Tensor:
    return _scattered(x, axis, index, source, "sum")


def _rows_added(x: Tensor, axis: int, index: Tensor, source: Tensor, alpha: float = 1) -> Tensor:
    """`x` with whole slices added along an axis, at the places of a list."""
    moved, slices = x.movedim(axis, 0), source.movedim(axis, 0)
    here = _from_start(index.reshape(-1), moved.shape[0])[:, None] == torch.arange(moved.shape[0])
    flat = slices.reshape(slices.shape[0], 1, -1) * alpha
    joined = torch.where(here[..., None], flat, torch.zeros_like(flat)).sum(0)
    return (moved + joined.reshape(moved.shape)).movedim(0, axis)


def _put(x: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool) -> Tensor:
    """`x` with values added at places that are given by an index of each of its first axes."""
    places = torch.broadcast_tensors(*indices)
    flat = torch.zeros_like(places[0])
    for place, size in zip(places, x.shape, strict=False):
        flat = flat * size + _from_start(place, size)
    rest = x.shape[len(indices) :]
    whole = values.expand(*places[0].shape, *rest)
    joined = _rows_added(x.reshape(-1, *rest), 0, flat.reshape(-1), whole.reshape(-1, *rest))
    return joined.reshape(x.shape)


def _columns_joined(
    x: Tensor, size: Sequence[int], kernel: Sequence[int], dilation: Sequence[int], padding: Sequence[int],
    stride: Sequence[int],
) -> Tensor:  # fmt: skip
    """Patches laid over each other and added, a place of the kernel after the other."""
    high, wide = kernel
    counts = [
        (whole + 2 * pad - spread * (reach - 1) - 1) // step + 1
        for whole, pad, spread, reach, step in zip(size, padding, dilation, kernel, stride, strict=True)
    ]
    parts = x.reshape(*x.shape[:-2], -1, high, wide, *counts)
    entries = []
    for row, column in product(range(high), range(wide)):
        entry = stuffed(parts[..., row, column, :, :], stride)
        lows = [row * dilation[0] - padding[0], column * dilation[1] - padding[1]]
        ends = [(low, whole - low - own) for low, whole, own in zip(lows, size, entry.shape[-2:], strict=True)]
        entries.append(padded(entry, ends))
    return reduce(torch.add, entries)


def _count(node: Node) -> int:
    return math.prod(value(node).shape)


def _few(node: Node) -> bool:
    given = arguments(node)
    return _count(given["index"]) * int(value(given["self"]).shape[given["dim"]]) <= _MOST


def _few_rows(node: Node) -> bool:
    given = arguments(node)
    return _count(given["self"]) * _count(given["index"]) <= _MOST


def _known_kind(node: Node) -> bool:
    given = arguments(node)
    return given["reduce"] in _KINDS and given["include_self"] and _few(node)


def _adds(node: Node) -> bool:
    given = arguments(node)
    indices = given["indices"]
    if not given["accumulate"] or any(index is None or value(index).dtype == torch.bool for index in indices):
        return False
    return _count(given["self"]) * _count(indices[0]) <= _MOST


_COMPARED: Any = "by comparison of places"
REPAIRS = {
    "aten.scatter_add.default": Repair(_added, _COMPARED, _few),
    "aten.scatter_reduce.two": Repair(_scattered, _COMPARED, _known_kind),
    "aten.index_add.default": Repair(_rows_added, _COMPARED, _few_rows),
    "aten.index_put.default": Repair(_put, _COMPARED, _adds),
    "aten.col2im.default": Repair(_columns_joined, "as a sum of shifted maps"),
}
