"""Convolutions whose padding the converter computes wrongly or not at all, and transposed ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn import functional

from edgewright.convert.sources.torch.repairs.rewriting import Node, Repair, Tensor, arguments, each, value

Sizes = Sequence[int]


def stuffed(x: Tensor, steps: Sizes) -> Tensor:
    """`x` with `step - 1` zeros between the entries of each of its last axes."""
    first = x.dim() - len(steps)
    for axis, step in enumerate(steps, first):
        if step > 1:
            size, before, after = x.shape[axis], x.shape[:axis], x.shape[axis + 1 :]
            spread = functional.pad(x.reshape(-1, size, 1, after.numel()), (0, 0, 0, step - 1))
            spread = spread.reshape(-1, size * step, after.numel())[:, : (size - 1) * step + 1]
            x = spread.reshape(*before, (size - 1) * step + 1, *after)
    return x


def padded(x: Tensor, ends: Sequence[tuple[int, int]]) -> Tensor:
    """`x` with so many zeros at both ends of its last axes, or so many entries fewer where it is below 0."""
    first = x.dim() - len(ends)
    for axis, (low, high) in enumerate(ends, first):
        if low < 0 or high < 0:
            start, stop = max(-low, 0), x.shape[axis] + min(high, 0)
            x = x.narrow(axis, start, stop - start)
    flat = [max(size, 0) for pair in reversed(ends) for size in pair]
    return functional.pad(x, flat) if any(flat) else x


def _same(convolve: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A convolution that pads to the size of its input; of an odd number of zeros one more stands at the end."""

    def form(x: Tensor, weight: Tensor, bias: Any, stride: Sizes, padding: str, dilation: Sizes, groups: int) -> Tensor:
        rank = weight.dim() - 2
        steps = each(dilation, rank)
        whole = [step * (size - 1) for step, size in zip(steps, weight.shape[2:], strict=True)]
        ends = [(size // 2, size - size // 2) for size in whole] if padding == "same" else [(0, 0)] * rank
        return convolve(padded(x, ends), weight, bias, stride, 0, dilation, groups)

    return form


def _transposed(convolve: Callable[..., Tensor], transpose: Callable[..., Tensor] | None) -> Callable[..., Tensor]:
    """A transposed convolution as one without padding, cut to its size, or as the plain convolution that it is.

    The first is LiteRT's own, for which `transpose` stands; it knows of no dilation. The second goes over the input
    with zeros between its entries, by the turned kernel.
    """

    def form(
        x: Tensor, weight: Tensor, bias: Any, stride: Sizes, padding: Sizes, output_padding: Sizes, groups: int,
        dilation: Sizes,
    ) -> Tensor:  # fmt: skip
        rank = weight.dim() - 2
        steps, cut, more, spread = (each(sizes, rank) for sizes in (stride, padding, output_padding, dilation))
        if transpose is not None and max(spread) == 1:
            whole = transpose(x, weight, None, steps, 0, 0, groups)
            y = padded(whole, [(-low, high - low) for low, high in zip(cut, more, strict=True)])
            return y if bias is None else y + bias.reshape(-1, *[1] * rank)
        reach = [step * (size - 1) for step, size in zip(spread, weight.shape[2:], strict=True)]
        ends = [(size - low, size - low + high) for size, low, high in zip(reach, cut, more, strict=True)]
        return convolve(padded(stuffed(x, steps), ends), _turned(weight, groups), bias, 1, 0, dilation, groups)

    return form


def _turned(weight: Tensor, groups: int) -> Tensor:
    """(in, out / groups, …) -> (out, in / groups, …), each kernel turned round."""
    into, out, *sizes = weight.shape
    parted = weight.flip(list(range(2, weight.dim()))).reshape(groups, into // groups, out, *sizes)
    return parted.transpose(1, 2).reshape(groups * out, into // groups, *sizes)


def _parted(
    x: Tensor, weight: Tensor, bias: Any, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> Tensor:
    """A convolution of each group of channels: LiteRT has none of groups over three axes."""
    parts = zip(x.chunk(groups, -4), weight.chunk(groups), strict=True)
    joined = torch.cat([torch.conv3d(part, own, None, stride, padding, dilation) for part, own in parts], -4)
    return joined if bias is None else joined + bias.reshape(-1, 1, 1, 1)


def _of_groups(node: Node) -> bool:
    return bool(arguments(node)["groups"] > 1)


def _misconverted(node: Node) -> bool:
    """Whether the converter does not make LiteRT's own transposed convolution of it: that has two kinds of padding."""
    given = arguments(node)
    sizes = value(given["weight"]).shape[2:]
    rank = len(sizes)
    steps, cut, more, spread = (each(given[name], rank) for name in ("stride", "padding", "output_padding", "dilation"))
    if rank == 3 or any(more):
        return True
    reach = [step * (size - 1) + 1 for step, size in zip(spread, sizes, strict=True)]
    same = [2 * low == size - step for low, size, step in zip(cut, reach, steps, strict=True)]
    plain = max(steps) == 1 or max(spread) == 1
    return not plain or not (max(steps) == 1 or not any(cut) or all(same))


_PARTED = "a group after the other"
_CUT, _DIRECT = "without padding, cut to its size", "as the convolution of its input with zeros between"
REPAIRS = {
    "aten.conv1d.padding": Repair(_same(torch.conv1d), "padded beforehand"),
    "aten.conv3d.default": Repair(_parted, _PARTED, _of_groups),
    "aten.conv_transpose1d.default": Repair(_transposed(torch.conv1d, torch.conv_transpose1d), _CUT, _misconverted),
    "aten.conv_transpose2d.input": Repair(_transposed(torch.conv2d, torch.conv_transpose2d), _CUT, _misconverted),
    "aten.conv_transpose3d.input": Repair(_transposed(_parted, None), _DIRECT, _misconverted),
}
