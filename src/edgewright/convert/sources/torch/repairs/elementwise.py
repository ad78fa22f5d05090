"""Functions of single numbers that the converter has no form for, out of those that it has."""

from __future__ import annotations

import math

import torch

from edgewright.convert.sources.torch.repairs.rewriting import Node, Repair, Tensor, arguments, value

# Powers that are a product of few, and the axes of what the kernel for all others takes.
_POWERS, _MOST_FACTORS, _AXES = (2, 3, 4), 8, 4


def _exp2(x: Tensor) -> Tensor:
    return torch.exp(x * math.log(2))


def _copysign(x: Tensor, sign: Tensor) -> Tensor:
    # -0.0 is below 0 for 1 / -0.0 only.
    below = (sign < 0) | ((sign == 0) & (1 / sign < 0))
    return torch.where(below, -x.abs(), x.abs())


def _hypot(x: Tensor, y: Tensor) -> Tensor:
    """sqrt(x² + y²), without squares that are too large."""
    high, low = torch.maximum(x.abs(), y.abs()), torch.minimum(x.abs(), y.abs())
    share = low / torch.where(high == 0, torch.ones_like(high), high)
    return high * torch.sqrt(1 + share * share)


def logaddexp(x: Tensor, y: Tensor) -> Tensor:
    """log(exp(x) + exp(y)), without powers that are too large."""
    return torch.maximum(x, y) + torch.log1p(torch.exp(-(x - y).abs()))


def _of_numbers(node: Node) -> bool:
    return bool(value(node).is_floating_point())


def _truth(node: Node) -> bool:
    return bool(value(node).dtype == torch.bool)


def _fmod(x: Tensor, y: Tensor) -> Tensor:
    """The remainder with the sign of x: of |x| and |y| the one that is never below 0."""
    if not x.is_floating_point():
        return x - torch.div(x, y, rounding_mode="trunc") * y
    rest = torch.remainder(x.abs(), y.abs() if isinstance(y, torch.Tensor) else abs(y))
    return torch.where(x < 0, -rest, rest)


def _floor_divided(x: Tensor, y: Tensor, _: str = "floor") -> Tensor:
    """X // y, exact as PyTorch has it: of what is left without the remainder, which y divides but for rounding."""
    return torch.floor((x - torch.remainder(x, y)) / y + 0.5)


def _floors_numbers(node: Node) -> bool:
    return _of_numbers(node) and arguments(node).get("rounding_mode", "floor") == "floor"


def _bucketize(x: Tensor, boundaries: Tensor, out_int32: bool, right: bool) -> Tensor:
    """How many of the sorted boundaries lie below x, or at x too."""
    passed = x[..., None] >= boundaries if right else x[..., None] > boundaries
    return passed.sum(-1).to(torch.int32 if out_int32 else torch.int64)


def _is_product(node: Node) -> bool:
    """Whether it is a small power of whole numbers, or of a tensor with more axes than the kernel for powers has."""
    exponent, result = arguments(node)["exponent"], value(node)
    if result.is_floating_point():
        return exponent in _POWERS and result.dim() > _AXES
    return isinstance(exponent, int) and 0 <= exponent <= _MOST_FACTORS


def _power(x: Tensor, exponent: int) -> Tensor:
    return math.prod([x] * (int(exponent) - 1), start=x) if exponent else torch.ones_like(x)


REPAIRS = {
    "aten.pow.Tensor_Scalar": Repair(_power, "as a product", _is_product),
    "aten.exp2.default": Repair(_exp2, "as exp(x · log 2)"),
    "aten.copysign.Tensor": Repair(_copysign, "by comparison with 0"),
    "aten.hypot.default": Repair(_hypot, "as a square root"),
    "aten.logaddexp.default": Repair(logaddexp, "as the larger plus log(1 + exp(-difference))"),
    "aten.fmod.Tensor": Repair(_fmod, "as the remainder of absolute values"),
    "aten.fmod.Scalar": Repair(_fmod, "as the remainder of absolute values"),
    **{
        f"aten.{operator}": Repair(_floor_divided, "out of the remainder", _floors_numbers)
        for operator in ("floor_divide.default", "floor_divide.Scalar", "div.Tensor_mode", "div.Scalar_mode")
    },
    "aten.logical_xor.default": Repair(lambda x, y: x.to(torch.bool) != y.to(torch.bool), "as inequality"),
    **{
        f"aten.{operator}.Tensor": Repair(lambda x, y: x != y, "as inequality", _truth)
        for operator in ("bitwise_xor", "__xor__")
    },
    "aten.bucketize.Tensor": Repair(_bucketize, "by comparison with each boundary"),
}
