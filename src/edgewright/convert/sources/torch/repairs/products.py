"""Products of tensors that the converter has no form for."""

from __future__ import annotations

from edgewright.convert.sources.torch.repairs.rewriting import Repair, Tensor


def _bilinear(left: Tensor, right: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """y[o] = Σ left[i] · weight[o, i, j] · right[j] + bias[o]"""
    out, into, other = weight.shape
    mixed = left.reshape(-1, into) @ weight.permute(1, 0, 2).reshape(into, out * other)
    y = (mixed.reshape(-1, out, other) * right.reshape(-1, 1, other)).sum(-1)
    y = y if bias is None else y + bias
    return y.reshape(*left.shape[:-1], out)


REPAIRS = {"aten.bilinear.default": Repair(_bilinear, "as two products")}
