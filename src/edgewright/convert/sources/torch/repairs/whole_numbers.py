"""Whole numbers where the converter has forms for real ones, or for 32 bits, only."""

from __future__ import annotations

from collections.abc import Callable

import torch

from edgewright.convert.sources.torch.repairs.rewriting import Node, Repair, Tensor, arguments, value


def _absolute(x: Tensor) -> Tensor:
    return torch.where(x < 0, -x, x)


def _of_64_bits(node: Node) -> bool:
    return bool(value(node).dtype == torch.int64)


def _left(x: Tensor, bits: int) -> Tensor:
    return x * 2**bits


def _right(x: Tensor, bits: int) -> Tensor:
    return torch.div(x, 2**bits, rounding_mode="floor")


def _place_of(find: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The place of an extreme, found in 32 bits."""
    return lambda x, axis, keep: find(x.to(torch.int32), axis, keep)


def _extreme(find: Callable[..., tuple[Tensor, Tensor]]) -> Callable[..., tuple[Tensor, Tensor]]:
    def form(x: Tensor, axis: int, keep: bool) -> tuple[Tensor, Tensor]:
        values, places = find(x.to(torch.int32), axis, keep)
        return values.to(x.dtype), places

    return form


def _takes_64_bits(node: Node) -> bool:
    return bool(value(node.args[0]).dtype == torch.int64)


def _large(node: Node) -> bool:
    """Whether a number of the program itself does not fit in 32 bits, in which the converter writes it down."""
    other = arguments(node)["other"]
    return isinstance(other, int) and not -(2**31) <= other < 2**31 and _of_64_bits(node)


def _stored(node: Node) -> tuple[Tensor, ...]:
    """The number of a call as a constant, where it is no tensor."""
    given = arguments(node)
    return (torch.tensor(given["other"] * given.get("alpha", 1)),) if isinstance(given["other"], int) else ()


def _product(x: Tensor, y: Tensor | int, *number: Tensor) -> Tensor:
    # The converter's own product is of 32 bits, whatever it is told; this is LiteRT's.
    left, right = torch.broadcast_tensors(x, *(number or (y,)))
    return torch.ops.tfl.mul(left.contiguous(), right.contiguous())


def _sum(x: Tensor, y: int, alpha: int, number: Tensor) -> Tensor:
    return x + number


def _difference(x: Tensor, y: int, alpha: int, number: Tensor) -> Tensor:
    return x - number


# Where whole numbers of 64 bits are kept as such.
WIDE = {
    "aten.mul.Tensor": Repair(_product, "in 64 bits", _of_64_bits, _stored),
    "aten.add.Tensor": Repair(_sum, "in 64 bits", _large, _stored),
    "aten.sub.Tensor": Repair(_difference, "in 64 bits", _large, _stored),
}
_NARROW = "in 32 bits"
_SHIFT = "as a product or quotient"
REPAIRS = {
    "aten.abs.default": Repair(_absolute, "by comparison with 0", _of_64_bits),
    "aten.argmax.default": Repair(_place_of(torch.argmax), _NARROW, _takes_64_bits),
    "aten.argmin.default": Repair(_place_of(torch.argmin), _NARROW, _takes_64_bits),
    "aten.max.dim": Repair(_extreme(torch.max), _NARROW, _takes_64_bits),
    "aten.min.dim": Repair(_extreme(torch.min), _NARROW, _takes_64_bits),
    "aten.__lshift__.Scalar": Repair(_left, _SHIFT),
    "aten.__rshift__.Scalar": Repair(_right, _SHIFT),
    "aten.bitwise_left_shift.Tensor_Scalar": Repair(_left, _SHIFT),
    "aten.bitwise_right_shift.Tensor_Scalar": Repair(_right, _SHIFT),
}
