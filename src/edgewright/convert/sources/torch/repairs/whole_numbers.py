"""Whole numbers where the converter has forms for real ones, or for 32 bits, only."""

from __future__ import annotations

import torch

from edgewright.convert.sources.torch.repairs.rewriting import Node, Repair, Tensor, value


def _absolute(x: Tensor) -> Tensor:
    return torch.where(x < 0, -x, x)


def _of_64_bits(node: Node) -> bool:
    return bool(value(node).dtype == torch.int64)


def _left(x: Tensor, bits: int) -> Tensor:
    return x * 2**bits


def _right(x: Tensor, bits: int) -> Tensor:
    return torch.div(x, 2**bits, rounding_mode="floor")


_SHIFT = "as a product or quotient"
REPAIRS = {
    "aten.abs.default": Repair(_absolute, "by comparison with 0", _of_64_bits),
    "aten.__lshift__.Scalar": Repair(_left, _SHIFT),
    "aten.__rshift__.Scalar": Repair(_right, _SHIFT),
    "aten.bitwise_left_shift.Tensor_Scalar": Repair(_left, _SHIFT),
    "aten.bitwise_right_shift.Tensor_Scalar": Repair(_right, _SHIFT),
}
