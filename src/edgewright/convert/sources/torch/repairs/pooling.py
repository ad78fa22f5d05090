"""Pools whose sizes or indices the converter computes wrongly or not at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import torch
from torch.nn import functional

from edgewright.convert.sources.torch.repairs.rewriting import Node, Repair, Tensor, arguments, each, used, value

Sizes = Sequence[int]


class _Windows:
    """Where the windows of a pool lie: the sizes of a call, and what the input has to be padded with at its ends."""

    def __init__(
        self, shape: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, ceil_mode: bool
    ) -> None:
        rank = len(shape)
        self.kernel, self.padding = each(kernel, rank), each(padding, rank)
        self.stride, self.dilation = each(stride, rank) if stride else self.kernel, each(dilation, rank)
        self.into = list(shape)
        self.out = [self._count(axis, ceil_mode) for axis in range(rank)]

    def _count(self, axis: int, ceil_mode: bool) -> int:
        """How many windows: rounded up, those remain that start in the input or in the padding before it."""
        room = self.into[axis] + 2 * self.padding[axis] - self._reach(axis)
        step = self.stride[axis]
        if not ceil_mode:
            return room // step + 1
        count = -(-room // step) + 1
        return count - 1 if (count - 1) * step >= self.into[axis] + self.padding[axis] else count

    def _reach(self, axis: int) -> int:
        return self.dilation[axis] * (self.kernel[axis] - 1) + 1

    @property
    def ends(self) -> list[tuple[int, int]]:
        """What lies before the input and behind it, for each axis."""
        last = [(count - 1) * step + self._reach(axis) for axis, (count, step) in enumerate(self._steps)]
        pads = zip(self.padding, last, self.into, strict=True)
        return [(low, max(end - low - size, 0)) for low, end, size in pads]

    @property
    def _steps(self) -> list[tuple[int, int]]:
        return list(zip(self.out, self.stride, strict=True))

    def offsets(self) -> Iterator[tuple[int, ...]]:
        """Places in a window, in the order of its entries."""
        yield from product(*(range(size) for size in self.kernel))

    def taken(self, x: Tensor, offset: Sizes) -> Tensor:
        """The entries at one place of every window of a padded input."""
        first = x.dim() - len(self.kernel)
        for axis, ((count, step), at, spread) in enumerate(zip(self._steps, offset, self.dilation, strict=True)):
            start = at * spread
            x = x[(slice(None),) * (first + axis) + (slice(start, start + (count - 1) * step + 1, step),)]
        return x


def _flat(ends: Sequence[tuple[int, int]]) -> list[int]:
    return [size for pair in reversed(ends) for size in pair]


def _rounded_up(pool: Callable[..., Tensor], rank: int) -> Callable[..., Tensor]:
    """A largest-of pool rounded up, as one of an input that is padded to its last window."""

    def form(x: Tensor, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, ceil_mode: bool) -> Tensor:
        windows = _Windows(x.shape[-rank:], kernel, stride, padding, dilation, ceil_mode)
        whole = functional.pad(x, _flat(windows.ends), value=-math.inf)
        return pool(whole, windows.kernel, windows.stride, 0, windows.dilation)

    return form


def _averaged(pool: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A mean-of pool rounded up, as one of an input padded to its last window, times a factor for each window."""

    def form(x: Tensor, kernel: Sizes, stride: Sizes, padding: Sizes, ceil_mode: bool, *rest: Any) -> Tensor:
        *_, factor = rest
        windows = _Windows(x.shape[-factor.dim() :], kernel, stride, padding, [1], ceil_mode)
        return pool(functional.pad(x, _flat(windows.ends)), windows.kernel, windows.stride) * factor

    return form


def _factors(node: Node) -> tuple[Tensor, ...]:
    """By what each window's mean is off, whose padding does not count: what PyTorch makes of ones, and the form."""
    given = arguments(node)
    rank = _RANKS[node.target._opname]
    ones = torch.ones(1, 1, *value(given.pop("self")).shape[-rank:])
    form = _averaged(_MEANS[rank])(ones, *given.values(), torch.ones([1] * rank))
    return ((node.target(ones, *given.values()) / form)[0, 0],)


_RANKS = {f"avg_pool{rank}d": rank for rank in (1, 2, 3)}
_MEANS = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}


def _with_indices(rank: int) -> Callable[..., tuple[Tensor, Tensor]]:
    """A largest-of pool that also says where each entry stands in the map: a comparison for each place of a window."""

    def form(
        x: Tensor, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, ceil_mode: bool
    ) -> tuple[Tensor, Tensor]:
        windows = _Windows(x.shape[-rank:], kernel, stride, padding, dilation, ceil_mode)
        ends = _flat(windows.ends)
        whole = functional.pad(x, ends, value=-math.inf)
        # Real numbers hold the place exactly up to 2**24, and LiteRT pads them.
        numbered = torch.arange(math.prod(windows.into), dtype=torch.float32).reshape(windows.into)
        numbered = functional.pad(numbered[None], ends, value=-1.0)
        first, *others = windows.offsets()
        best, place = windows.taken(whole, first), windows.taken(numbered, first)
        for offset in others:
            entry, at = windows.taken(whole, offset), windows.taken(numbered, offset)
            # The first of equal entries is kept, but for one of the padding.
            higher = (entry > best) | ((place < 0) & (at >= 0))
            best, place = torch.where(higher, entry, best), torch.where(higher, at, place)
        return best, place.to(torch.int64)

    return form


def _indices_used(node: Node) -> bool:
    return used(node, 1)


def _small_enough(node: Node) -> bool:
    rank = 3 if "3d" in str(node.target) else 2
    return _indices_used(node) and math.prod(arguments(node)["self"].meta["val"].shape[-rank:]) < 2**24


def _ceil(node: Node) -> bool:
    return bool(arguments(node)["ceil_mode"])


def _adaptive(axes: int) -> Callable[[Tensor, Sizes], tuple[Tensor, Tensor]]:
    """The largest entries of windows that share out the input, one axis after the other."""

    def form(x: Tensor, size: Sizes) -> tuple[Tensor, Tensor]:
        largest = _shared_out(x, each(size, axes), torch.amax)
        # Nobody takes the indices.
        return largest, torch.zeros(largest.shape, dtype=torch.int64)

    return form


def _adaptive_mean(x: Tensor, size: Sizes) -> Tensor:
    return _shared_out(x, each(size, 3), torch.mean)


def _shared_out(x: Tensor, counts: Sizes, join: Callable[..., Tensor]) -> Tensor:
    """(…, sizes) -> (…, counts): a window i goes from ⌊i · size / count⌋ to ⌈(i + 1) · size / count⌉ along its axis."""
    for axis, count in enumerate(counts, x.dim() - len(counts)):
        size = x.shape[axis]
        if size % count == 0:
            x = join(x.unflatten(axis, (count, size // count)), axis + 1)
            continue
        ends = [(index * size // count, -(-(index + 1) * size // count)) for index in range(count)]
        x = torch.cat([join(x.narrow(axis, low, high - low), axis, keepdim=True) for low, high in ends], axis)
    return x


def _values_only(node: Node) -> bool:
    return not used(node, 1)


def _unpooled(values: Tensor, places: Tensor, size: Sizes) -> Tensor:
    """Each entry at its place of the map, zeros elsewhere: it lies in the window that the entry was taken from."""
    steps = [large // small for large, small in zip(size, values.shape[-2:], strict=True)]
    for axis, step in enumerate(steps, values.dim() - 2):
        values, places = values.repeat_interleave(step, axis), places.repeat_interleave(step, axis)
    here = torch.arange(math.prod(size)).reshape(list(size))
    return torch.where(places == here, values, torch.zeros_like(values))


def _of_its_pool(node: Node) -> bool:
    """Whether the indices are those of a pool that covers the map once, by the same factor."""
    given = arguments(node)
    source = given["indices"].args[0] if given["indices"].args else None
    if "max_pool2d_with_indices" not in str(getattr(source, "target", "")):
        return False
    pool = arguments(source)
    kernel = each(pool["kernel_size"], 2)
    small = value(node.args[0]).shape[-2:]
    plain = not any(each(pool["padding"], 2)) and set(each(pool["dilation"], 2)) == {1}
    even = [step * size for step, size in zip(kernel, small, strict=True)] == list(given["output_size"])
    return plain and even and each(pool["stride"] or kernel, 2) == kernel


_PADDED, _PLACES, _SHARED = "padded beforehand", "with its indices by comparison", "as shares of each axis"
REPAIRS = {
    "aten.max_pool1d.default": Repair(_rounded_up(torch.max_pool1d, 1), _PADDED, _ceil),
    "aten.max_pool2d.default": Repair(_rounded_up(torch.max_pool2d, 2), _PADDED, _ceil),
    "aten.max_pool3d.default": Repair(_rounded_up(torch.max_pool3d, 3), _PADDED, _ceil),
    **{
        f"aten.{name}.default": Repair(_averaged(_MEANS[rank]), _PADDED, _ceil, _factors)
        for name, rank in _RANKS.items()
    },
    "aten.max_pool2d_with_indices.default": Repair(_with_indices(2), _PLACES, _small_enough),
    "aten.max_pool3d_with_indices.default": Repair(_with_indices(3), _PLACES, _small_enough),
    "aten.adaptive_max_pool1d.default": Repair(_adaptive(1), _SHARED, _values_only),
    "aten.adaptive_max_pool2d.default": Repair(_adaptive(2), _SHARED, _values_only),
    "aten.adaptive_max_pool3d.default": Repair(_adaptive(3), _SHARED, _values_only),
    "aten.adaptive_avg_pool3d.default": Repair(_adaptive_mean, _SHARED),
    "aten.max_unpool2d.default": Repair(_unpooled, "by comparison of places", _of_its_pool),
}
