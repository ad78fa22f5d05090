"""Which operators have an int8 form that computes the same as their uint8 one, and what it needs.

Sources: the versions are those of `tensorflow/compiler/mlir/lite/tools/versioning/op_version.cc`; which tensors share a
scale and which outputs have a fixed one is the quantization specification
(https://ai.google.dev/edge/litert/models/quantization_spec). That a rule is exact was measured: each operator at random
shapes and scales, on LiteRT's fast kernels, gives the same stored results less 128 (tests/rewrite/test_modernize.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from edgewright.model import ModelFile, Operator, TensorSpec


@dataclass(frozen=True)
class Weights:
    """Where an operator has its values, weights and bias among the inputs, and the weights' axis of channels."""

    values: int
    weights: int
    bias: int
    axis: int


@dataclass(frozen=True)
class Rule:
    """The int8 form of an operator: from which version on it exists, and what ties the scales of its tensors.

    "same": all have one scale and zero point; "free": each its own; "half", "whole": the result has the fixed scale
    1/128 around 0 or 1/256 from -128 on.
    """

    version: int
    scales: Literal["same", "free", "half", "whole"] = "free"
    weights: Weights | None = None


_LAYER = Weights(0, 1, 2, 0)

RULES: dict[str, Rule] = {
    "CONV_2D": Rule(3, weights=_LAYER),
    "DEPTHWISE_CONV_2D": Rule(3, weights=Weights(0, 1, 2, 3)),
    "FULLY_CONNECTED": Rule(4, weights=_LAYER),
    "TRANSPOSE_CONV": Rule(2, weights=Weights(2, 1, 3, 0)),
    "SOFTMAX": Rule(2, "whole"),
    "LOGISTIC": Rule(2, "whole"),
    "TANH": Rule(2, "half"),
    "L2_NORMALIZATION": Rule(2, "half"),
    **{name: Rule(1) for name in ("QUANTIZE", "HARD_SWISH", "LEAKY_RELU")},
    **{name: Rule(2) for name in "ADD SUB MUL MEAN RELU RELU6 DEQUANTIZE ARG_MAX ARG_MIN".split()},
    **{name: Rule(1, "same") for name in "RESHAPE SQUEEZE EXPAND_DIMS DEPTH_TO_SPACE TILE".split()},
    **{
        name: Rule(2, "same")
        for name in """CONCATENATION AVERAGE_POOL_2D MAX_POOL_2D PAD PADV2 MIRROR_PAD TRANSPOSE SPACE_TO_DEPTH
        SPACE_TO_BATCH_ND BATCH_TO_SPACE_ND SLICE STRIDED_SLICE SPLIT SPLIT_V PACK UNPACK GATHER MAXIMUM MINIMUM
        REDUCE_MAX REDUCE_MIN RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR""".split()
    },
    "REVERSE_V2": Rule(3, "same"),
}  # fmt: skip

_FIXED = {"half": (1 / 128, 128), "whole": (1 / 256, 0)}
# XNNPACK takes most of these over, not all; LiteRT's own kernels for them are one step apart.
_ROUNDS_SOMEWHERE = frozenset({"MEAN", "RESIZE_BILINEAR"})
_ROUNDS = "its int8 kernel rounds otherwise than its uint8 one"
_HALVES = "halves are rounded away from zero, which is another direction for signed numbers"
_LARGEST = 1024  # values of an average: of more, float32 may not tell a half from what is next to it
_VALID = 1  # padding: no position has fewer values than the window


def is_legacy(tensor: TensorSpec) -> bool:
    """Whether the tensor is quantized the old way, to uint8."""
    return tensor.dtype == "uint8" and tensor.quantized


def tensors_of(operator: Operator, model: ModelFile) -> list[TensorSpec]:
    """All inputs and outputs that are there."""
    return [model.main.tensors[index] for index in (*operator.inputs, *operator.outputs) if index >= 0]


def obstacle(operator: Operator, model: ModelFile) -> str | None:
    """Why an operator on uint8 tensors cannot be rewritten; `None` where it can."""
    tensors = tensors_of(operator, model)
    if operator.is_custom:
        return "a custom operator: what its kernel takes is unknown"
    if operator.name not in RULES:
        return "no int8 form of it is known to compute the same"
    if any(tensor.is_variable or tensor.is_sparse for tensor in tensors):
        return "it keeps a state, or its constants are sparse"
    if any(tensor.dtype == "uint8" and not tensor.quantized for tensor in tensors):
        return "one of its uint8 tensors has no scale"
    if any(is_legacy(tensor) and len(tensor.scale) > 1 for tensor in tensors):
        return "one of its uint8 tensors has a scale per channel, which no kernel for uint8 takes"
    rule = RULES[operator.name]
    return _weights_obstacle(operator, model, rule.weights) if rule.weights else _scales_obstacle(tensors, rule.scales)


def rounds_otherwise(operator: Operator, *, anywhere: bool) -> str | None:
    """Why the int8 kernel may differ from the uint8 one in the last place; `None` where it cannot.

    For some operators it depends on their options and shapes which kernel runs; with `anywhere` those are told too.
    """
    if operator.name == "L2_NORMALIZATION":
        return _ROUNDS
    if operator.name == "AVERAGE_POOL_2D" and operator.options.get("padding") != _VALID:
        return _HALVES
    if operator.name == "AVERAGE_POOL_2D" and averages_evenly(operator) and _window(operator) > _LARGEST:
        return _HALVES
    return _ROUNDS if anywhere and operator.name in _ROUNDS_SOMEWHERE else None


def averages_evenly(operator: Operator) -> bool:
    """Whether it is an average of an even number of values, which the int8 kernel rounds in another direction."""
    return operator.name == "AVERAGE_POOL_2D" and _window(operator) % 2 == 0


def _window(operator: Operator) -> int:
    return int(operator.options.get("filter_width", 0)) * int(operator.options.get("filter_height", 0))


def _weights_obstacle(operator: Operator, model: ModelFile, places: Weights) -> str | None:
    values, weights, bias = (_at(operator, model, place) for place in (places.values, places.weights, places.bias))
    result = model.main.tensors[operator.outputs[0]]
    if not all(tensor and is_legacy(tensor) for tensor in (values, weights, result)):
        return "not all of its values, weights and results are quantized to uint8"
    if weights is None or not len(model.constant(weights)):
        return "its weights are not in the file"
    if bias is not None and not (bias.dtype == "int32" and len(model.constant(bias))):
        return "its bias is not in the file, or not of type int32"
    if bias is not None and bias.shape != (weights.shape[places.axis],):
        return "its bias is no vector with an entry for each channel"
    if operator.options.get("weights_format"):
        return "its weights are stored in shuffled order"
    return None


def _at(operator: Operator, model: ModelFile, place: int) -> TensorSpec | None:
    if place >= len(operator.inputs) or operator.inputs[place] < 0:
        return None
    return model.main.tensors[operator.inputs[place]]


def _scales_obstacle(tensors: Sequence[TensorSpec], scales: str) -> str | None:
    legacy = [tensor for tensor in tensors if is_legacy(tensor)]
    if scales == "same" and not all(same_scale(tensor, legacy[0]) for tensor in legacy):
        return "its tensors have different scales, and the int8 kernel wants one"
    if scales in _FIXED:
        scale, zero_point = _FIXED[scales]
        if (legacy[-1].scale[0], zero_point_of(legacy[-1])) != (scale, zero_point):
            return f"its result has not the scale {scale} and zero point {zero_point} that the int8 kernel wants"
    return None


def same_scale(a: TensorSpec, b: TensorSpec) -> bool:
    """Whether the stored numbers of both stand for the same real ones."""
    return a.scale[0] == b.scale[0] and zero_point_of(a) == zero_point_of(b)


def zero_point_of(tensor: TensorSpec) -> int:
    """The one zero point of a tensor that is quantized as a whole."""
    return int(tensor.zero_point[0]) if tensor.zero_point else 0
