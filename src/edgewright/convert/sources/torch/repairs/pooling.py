"""Pools whose sizes or indices the converter computes wrongly or not at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product

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
        for axis, count in enumerate(each(size, axes), x.dim() - axes):
            x = _shared_out(x, axis, count)
        # Nobody takes the indices.
        return x, torch.zeros(x.shape, dtype=torch.int64)

    return form


def _shared_out(x: Tensor, axis: int, count: int) -> Tensor:
    """(…, size, …) -> (…, count, …): the window i goes from ⌊i · size / count⌋ to ⌈(i + 1) · size / count⌉."""
    size = x.shape[axis]
    if size % count == 0:
        return x.unflatten(axis, (count, size // count)).amax(axis + 1)
    starts = [index * size // count for index in range(count)]
    stops = [-(-(index + 1) * size // count) for index in range(count)]
    parts = [x.narrow(axis, low, high - low).amax(axis, keepdim=True) for low, high in zip(starts, stops, strict=True)]
    return torch.cat(parts, axis)


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


_PADDED, _PLACES, _SHARED = "padded beforehand", "with its indices by comparison", "as the largest of each part"
REPAIRS = {
    "aten.max_pool1d.default": Repair(_rounded_up(torch.max_pool1d, 1), _PADDED, _ceil),
    "aten.max_pool2d.default": Repair(_rounded_up(torch.max_pool2d, 2), _PADDED, _ceil),
    "aten.max_pool3d.default": Repair(_rounded_up(torch.max_pool3d, 3), _PADDED, _ceil),
    "aten.max_pool2d_with_indices.default": Repair(_with_indices(2), _PLACES, _small_enough),
    "aten.max_pool3d_with_indices.default": Repair(_with_indices(3), _PLACES, _small_enough),
    "aten.adaptive_max_pool1d.default": Repair(_adaptive(1), _SHARED, _values_only),
    "aten.adaptive_max_pool2d.default": Repair(_adaptive(2), _SHARED, _values_only),
    "aten.adaptive_max_pool3d.default": Repair(_adaptive(3), _SHARED, _values_only),
    "aten.max_unpool2d.default": Repair(_unpooled, "by comparison of places", _of_its_pool),
}
