"""Types that the tensors of one operator must have together, and where they need a quantization."""

from __future__ import annotations

from collections.abc import Callable

from edgewright.model.graph import TensorSpec
from edgewright.model.node import Node

Rule = Callable[[Node], None]

# Which types weights may have, by the type of the values they meet; float values with integer weights are "hybrid".
_WEIGHTS = {
    "float32": {"float32", "float16", "bfloat16", "int8", "uint8", "int4", "int2"},
    "float16": {"float16", "float32"},
    "bfloat16": {"bfloat16", "float32"},
    "uint8": {"uint8"},
    "int8": {"int8", "int4", "int2"},
    "int16": {"int8", "int4", "int2", "int16"},
}
# Operators with weights that give another type than they take (old shuffled uint8 ones, newer requantizing ones).
_CHANGES = {("uint8", "int16"), ("int8", "int16"), ("int16", "int8"), ("int8", "float32"), ("int16", "float32")}

STORED = frozenset({"int2", "int4", "int8", "uint8"})
_HALF = {"float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"}
_QUANTIZED = STORED | _HALF | {"uint4", "int16", "uint16", "int32"}
_REAL = {"float32", "float16", "bfloat16"}


def weights_at(place: int, values: int) -> Rule:
    """Weights without an empty dimension, of a type that fits the values'."""

    def rule(node: Node) -> None:
        weights, value, result = node.input(place), node.input(values), node.output(0)
        if weights is None or value is None or result is None:
            return
        if 0 in weights.shape:
            raise node.broken(f"the weights have the shape {list(weights.shape)}")
        if weights.dtype not in _WEIGHTS.get(value.dtype, ()):
            raise node.broken(f"weights of type {weights.dtype} for values of type {value.dtype}")
        if result.dtype != value.dtype and (value.dtype, result.dtype) not in _CHANGES:
            raise node.broken(f"values of type {value.dtype}, and the result is of type {result.dtype}")

    return rule


def need_scales_of(types: frozenset[str]) -> Rule:
    """Integers of these types stand for real numbers here, so each tensor of them has a scale and a zero point."""

    def rule(node: Node) -> None:
        tensors = node.graph.subgraphs[node.number].tensors
        for index in (*node.operator.inputs, *node.operator.outputs):
            if index < 0:
                continue
            tensor = tensors[index]
            if tensor.dtype in types and not (tensor.scale and tensor.zero_point):
                raise node.broken(f"tensor {index} is of type {tensor.dtype} and has no quantization")

    return rule


def lookup_types(node: Node) -> None:
    """Rows come out as they are stored, or 8-bit ones and smaller as real numbers."""
    rows, result = node.input(1), node.output(0)
    if rows and result and result.dtype != rows.dtype and (result.dtype != "float32" or rows.dtype not in STORED):
        raise node.broken(f"rows of type {rows.dtype}, and the result is of type {result.dtype}")


def same_type(node: Node) -> None:
    """Values and result have one type; the 8-bit softmax may widen its result."""
    value, result = node.input(0), node.output(0)
    if value and result and value.dtype != result.dtype and (value.dtype, result.dtype) != ("int8", "int16"):
        raise node.broken(f"values of type {value.dtype}, and the result is of type {result.dtype}")


def _stored_and_real(stored: TensorSpec | None, real: TensorSpec | None, node: Node) -> None:
    if stored is None or real is None:
        return
    if stored.dtype not in _QUANTIZED or not (stored.scale or stored.dtype in _HALF):
        raise node.broken(f"tensor {stored.index} ({stored.dtype}) is not quantized")
    if real.dtype not in _REAL and not real.scale:
        raise node.broken(f"tensor {real.index} ({real.dtype}) is neither real nor quantized")


def quantizes(node: Node) -> None:
    """QUANTIZE: to a quantized type, from a real or another quantized one."""
    _stored_and_real(node.output(0), node.input(0), node)


def dequantizes(node: Node) -> None:
    """DEQUANTIZE: from a quantized type or a half-precision one."""
    _stored_and_real(node.input(0), node.output(0), node)


def of_types(types: frozenset[str]) -> Rule:
    """The types that the kernel knows, where it ends the process over another."""

    def rule(node: Node) -> None:
        tensor = node.input(0)
        if tensor is not None and tensor.dtype not in types:
            raise node.broken(f"it works with {', '.join(sorted(types))}, and gets {tensor.dtype}")

    return rule


def bias(node: Node) -> None:
    """One bias for each row of the weights: real for real values, an integer for quantized ones."""
    value, weights, bias = node.input(0), node.input(1), node.input(2)
    if value is None or weights is None or bias is None or not weights.shape:
        return
    if bias.dtype not in (_REAL if value.dtype in _REAL else {"int32", "int64"}):
        raise node.broken(f"a bias of type {bias.dtype} for values of type {value.dtype}")
    if bias.elements != weights.shape[0]:
        raise node.broken(f"{bias.elements} biases for weights of the shape {list(weights.shape)}")
