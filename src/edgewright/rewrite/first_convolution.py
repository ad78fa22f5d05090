"""A factor and an offset of every input channel, taken into the weights and bias of the convolutions that follow.

conv(w, factor * x + offset) + b = conv(w * factor, x) + (b + sum of w * offset), where nothing is padded: a convolution
pads with zeros, and a zero before the offset is another number than one after it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edgewright.model import ModelFile, Operator, Table, TensorSpec
from edgewright.rewrite.tables import add_constant

Values = npt.NDArray[np.float64]

_VALID = 1


def takes_factors(model: ModelFile, operators: Sequence[Operator], index: int) -> bool:
    """Whether all these readers of a tensor are convolutions in float32 with constant weights over its channels."""
    return all(_is_foldable(model, operator, index) for operator in operators)


def pads(model: ModelFile, operators: Sequence[Operator]) -> bool:
    """Whether one of the convolutions reads beyond the edge of its input."""
    return any(_pads(model, operator) for operator in operators)


def fold(tables: Table, model: ModelFile, operator: Operator, factor: Values, offset: Values) -> None:
    """Give a convolution of the main subgraph weights and a bias of its own, with the factor and the offset in them."""
    subgraph = tables["subgraphs"][0]
    spec = model.main.tensors[operator.inputs[1]]
    weights = _values(model, spec).reshape(spec.shape)
    bias = _values(model, model.main.tensors[operator.inputs[2]]) + (weights * offset).sum((1, 2, 3))
    name = f"{spec.name}/from_bytes"
    new = add_constant(tables, subgraph, name, "float32", spec.shape, _bytes(weights * factor))
    new_bias = add_constant(tables, subgraph, f"{name}/bias", "float32", bias.shape, _bytes(bias))
    subgraph["operators"][operator.index]["inputs"] = (operator.inputs[0], new, new_bias)


def _is_foldable(model: ModelFile, operator: Operator, index: int) -> bool:
    reads_once = operator.inputs[0] == index and index not in operator.inputs[1:] and min(operator.inputs) >= 0
    if operator.name != "CONV_2D" or not reads_once:
        return False
    constants = [model.main.tensors[one] for one in operator.inputs[1:]]
    covered = all(one.dtype == "float32" and len(model.constant(one)) and not one.is_sparse for one in constants)
    return covered and constants[0].shape[3] == model.main.tensors[index].shape[3]


def _pads(model: ModelFile, operator: Operator) -> bool:
    options = operator.options
    if options.get("padding", 0) == _VALID:
        return False
    shape, kernel = (model.main.tensors[one].shape[1:3] for one in operator.inputs[:2])
    strides = options.get("stride_h", 1), options.get("stride_w", 1)
    dilations = options.get("dilation_h_factor", 1), options.get("dilation_w_factor", 1)
    return any(
        (-(-size // stride) - 1) * stride + (width - 1) * dilation + 1 > size
        for size, width, stride, dilation in zip(shape, kernel, strides, dilations, strict=True)
    )


def _values(model: ModelFile, spec: TensorSpec) -> Values:
    return np.frombuffer(model.constant(spec), "<f4").astype(np.float64)


def _bytes(values: Values) -> bytes:
    return values.astype("<f4").tobytes()
