"""Whole numbers where the converter has forms for real ones, or for 32 bits, only."""

from __future__ import annotations

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


def _large(node: Node) -> bool:
    """Whether a number of the program itself does not fit in 32 bits, in which the converter writes it down."""
    other = arguments(node)["other"]
    return isinstance(other, int) and not -(2**31) <= other < 2**31 and _of_64_bits(node)


def _as_tensor(node: Node) -> tuple[Tensor, ...]:
    return (torch.tensor(arguments(node)["other"]),)


def _product(x: Tensor, _: int, number: Tensor) -> Tensor:
    return x * number


def _sum(x: Tensor, _: int, alpha: int, number: Tensor) -> Tensor:
    return x + number * alpha


def _difference(x: Tensor, _: int, alpha: int, number: Tensor) -> Tensor:
    return x - number * alpha


_STORED = "with its number in 64 bits"
_SHIFT = "as a product or quotient"
REPAIRS = {
    "aten.abs.default": Repair(_absolute, "by comparison with 0", _of_64_bits),
    "aten.mul.Tensor": Repair(_product, _STORED, _large, _as_tensor),
    "aten.add.Tensor": Repair(_sum, _STORED, _large, _as_tensor),
    "aten.sub.Tensor": Repair(_difference, _STORED, _large, _as_tensor),
    "aten.__lshift__.Scalar": Repair(_left, _SHIFT),
    "aten.__rshift__.Scalar": Repair(_right, _SHIFT),
    "aten.bitwise_left_shift.Tensor_Scalar": Repair(_left, _SHIFT),
    "aten.bitwise_right_shift.Tensor_Scalar": Repair(_right, _SHIFT),
}
