"""What single operators need beyond types and counts: shapes, options and constants that fit together.

Each rule is a fact about an operator's definition (TensorFlow Lite operator semantics,
https://www.tensorflow.org/mlir/tfl_ops) that LiteRT relies on without looking, or that decides how much memory it
takes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from edgewright.model.graph import TensorSpec
from edgewright.model.node import Node, Shape
from edgewright.model.quantization_rules import (
    comparison_scales,
    product_scales,
    softmax_scale,
    squared_difference_scales,
    sum_scales,
)

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

_STORED = frozenset({"int2", "int4", "int8", "uint8"})
_HALF = {"float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"}
_QUANTIZED = _STORED | _HALF | {"uint4", "int16", "uint16", "int32"}
_REAL = {"float32", "float16", "bfloat16"}
MAX_ELEMENTS = 2**31 - 1


def _weights_at(place: int, values: int) -> Rule:
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


def _need_scales_of(types: frozenset[str]) -> Rule:
    """Integers of these types stand for real numbers here, so each tensor of them has a scale and a zero point."""

    def rule(node: Node) -> None:
        tensors = node.graph.subgraphs[node.number].tensors
        for index in (*node.operator.inputs, *node.operator.outputs):
            tensor = tensors[index]
            if index >= 0 and tensor.dtype in types and not (tensor.scale and tensor.zero_point):
                raise node.broken(f"tensor {index} is of type {tensor.dtype} and has no quantization")

    return rule


def _lookup_types(node: Node) -> None:
    """Rows come out as they are stored, or 8-bit ones and smaller as real numbers."""
    rows, result = node.input(1), node.output(0)
    if rows and result and result.dtype != rows.dtype and (result.dtype != "float32" or rows.dtype not in _STORED):
        raise node.broken(f"rows of type {rows.dtype}, and the result is of type {result.dtype}")


def _diagonal_fits(node: Node) -> None:
    """A diagonal for each matrix, as long as the shorter side."""
    matrices, diagonals = node.input_shape(0), node.input_shape(1)
    if matrices is None or diagonals is None:
        return
    if len(matrices) < 2 or diagonals != (*matrices[:-2], min(matrices[-2:])):
        raise node.broken(f"diagonals of the shape {list(diagonals)} for matrices of the shape {list(matrices)}")


def _same_type(node: Node) -> None:
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


def _quantizes(node: Node) -> None:
    _stored_and_real(node.output(0), node.input(0), node)


def _dequantizes(node: Node) -> None:
    _stored_and_real(node.input(0), node.output(0), node)


def _option_counts(option: str, *, inputs: bool) -> Rule:
    """An option that says how many inputs or outputs there are."""

    def rule(node: Node) -> None:
        count = len(node.operator.inputs if inputs else node.operator.outputs)
        if node.option(option) != count:
            raise node.broken(f"{option} is {node.option(option)}, and there are {count}")

    return rule


def _within(option: str, most: int) -> Rule:
    """An option between 0 and `most`, so that what the kernel computes with it fits into 32 bits."""

    def rule(node: Node) -> None:
        if not 0 <= node.option(option) <= most:
            raise node.broken(f"{option} is {node.option(option)}; it is 0 to {most}")

    return rule


def _of_types(types: frozenset[str]) -> Rule:
    """The types that the kernel knows, where it ends the process over another."""

    def rule(node: Node) -> None:
        tensor = node.input(0)
        if tensor is not None and tensor.dtype not in types:
            raise node.broken(f"it works with {', '.join(sorted(types))}, and gets {tensor.dtype}")

    return rule


_MATRIX_TYPES = frozenset({"float32", "int8", "uint8", "int16", "int32", "int64"})


def _bias(node: Node) -> None:
    """One bias for each row of the weights: real for real values, an integer for quantized ones."""
    value, weights, bias = node.input(0), node.input(1), node.input(2)
    if value is None or weights is None or bias is None or not weights.shape:
        return
    if bias.dtype not in (_REAL if value.dtype in _REAL else {"int32", "int64"}):
        raise node.broken(f"a bias of type {bias.dtype} for values of type {value.dtype}")
    if bias.elements != weights.shape[0]:
        raise node.broken(f"{bias.elements} biases for weights of the shape {list(weights.shape)}")


def _rows_divide(node: Node) -> None:
    """The values, taken as rows as wide as the weights, come out even."""
    shape, weights = node.input_shape(0), node.input(1)
    if shape is not None and weights is not None and weights.shape and math.prod(shape) % weights.shape[1]:
        raise node.broken(f"values of the shape {list(shape)} for weights of the shape {list(weights.shape)}")


def _not_empty(node: Node) -> None:
    shape = node.input_shape(0)
    if shape is not None and (not shape or 0 in shape):
        raise node.broken(f"it has an input of shape {list(shape)}")


_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


def _slice_offsets(node: Node) -> None:
    """With the option `offset` the ends count from the begins, and the runtime reads what they say."""
    if not node.option("offset"):
        return
    shape, begins, ends = node.input_shape(0), node.integers(1), node.integers(2)
    steps, masks = node.integers(3), any(map(node.option, _MASKS))
    if shape is None or begins is None or ends is None or masks or set(steps or (0,)) != {1}:
        raise node.broken("offset needs a constant begin and end, steps of 1, no masks, and an input of fixed shape")
    fit = len(begins) == len(ends) <= len(shape)
    if not fit or not all(0 <= a <= a + b <= size for a, b, size in zip(begins, ends, shape, strict=False)):
        raise node.broken(f"begin {list(begins)} with offsets {list(ends)} for the shape {list(shape)}")


def _gives(compute: Callable[[Node], Shape | None]) -> Rule:
    """The output's shape follows from shapes and constants: it exists, and has no more elements than a tensor may."""

    def rule(node: Node) -> None:
        shape = compute(node)
        if shape is None:
            return
        if any(size < 0 for size in shape) or math.prod(shape) > MAX_ELEMENTS:
            raise node.broken(f"its result would have the shape {list(shape)}")

    return rule


def _broadcast(node: Node) -> Shape | None:
    shapes = [node.input_shape(place) for place in range(len(node.operator.inputs))]
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes):
        return None
    rank = max(map(len, known))
    padded = [(1,) * (rank - len(shape)) + shape for shape in known]
    result = []
    for sizes in zip(*padded, strict=True):
        others = {size for size in sizes if size != 1}
        if len(others) > 1:
            raise node.broken(f"shapes {[list(shape) for shape in known]} do not go together")
        result.append(others.pop() if others else 1)
    return tuple(result)


def _padded(node: Node) -> Shape | None:
    shape, pads = node.input_shape(0), node.integers(1)
    if shape is None or pads is None:
        return None
    if len(pads) != 2 * len(shape) or min(pads, default=0) < 0:
        raise node.broken(f"paddings {list(pads)} for the shape {list(shape)}")
    return tuple(size + pads[2 * axis] + pads[2 * axis + 1] for axis, size in enumerate(shape))


def _tiled(node: Node) -> Shape | None:
    shape, times = node.input_shape(0), node.integers(1)
    if shape is None or times is None:
        return None
    if len(times) != len(shape):
        raise node.broken(f"multiples {list(times)} for the shape {list(shape)}")
    return tuple(size * count for size, count in zip(shape, times, strict=True))


def _resized(node: Node) -> Shape | None:
    shape, size = node.input_shape(0), node.integers(1)
    if shape is None or size is None:
        return None
    if len(size) != 2 or min(size) < 1 or 0 in shape:
        raise node.broken(f"new size {list(size)} for the shape {list(shape)}")
    return (shape[0], *size, shape[3])


def _constant_shape(place: int) -> Callable[[Node], Shape | None]:
    return lambda node: node.integers(place)


_ARITHMETIC = """ADD SUB MUL DIV SQUARED_DIFFERENCE MEAN SUM REDUCE_PROD AVERAGE_POOL_2D CONV_2D DEPTHWISE_CONV_2D
FULLY_CONNECTED TRANSPOSE_CONV BATCH_MATMUL LSTM UNIDIRECTIONAL_SEQUENCE_LSTM BIDIRECTIONAL_SEQUENCE_LSTM RNN SVDF
UNIDIRECTIONAL_SEQUENCE_RNN BIDIRECTIONAL_SEQUENCE_RNN""".split()

# Looked up in tables that are made from the scales.
_FUNCTIONS = """LOGISTIC TANH SOFTMAX LOG_SOFTMAX HARD_SWISH LEAKY_RELU PRELU ELU GELU EXP RSQRT SQRT LOG
L2_NORMALIZATION""".split()

_COMPARISONS = "LESS LESS_EQUAL GREATER GREATER_EQUAL EQUAL NOT_EQUAL".split()

_BROADCASTING = """ADD SUB MUL DIV MAXIMUM MINIMUM POW SQUARED_DIFFERENCE FLOOR_DIV FLOOR_MOD ATAN2 LESS LESS_EQUAL
GREATER GREATER_EQUAL EQUAL NOT_EQUAL LOGICAL_AND LOGICAL_OR SELECT_V2 BITWISE_XOR RIGHT_SHIFT PRELU""".split()

_SINGLE: Mapping[str, tuple[Rule, ...]] = {
    "ADD": (sum_scales,),
    "SUB": (sum_scales,),
    "SQUARED_DIFFERENCE": (squared_difference_scales,),
    "SOFTMAX": (_not_empty, _same_type, softmax_scale),
    "LOG_SOFTMAX": (_not_empty, softmax_scale),
    "QUANTIZE": (_quantizes,),
    "DEQUANTIZE": (_dequantizes,),
    "CONV_2D": (_weights_at(1, 0), product_scales(0)),
    "DEPTHWISE_CONV_2D": (_weights_at(1, 0), product_scales(0)),
    "FULLY_CONNECTED": (_weights_at(1, 0), product_scales(0), _bias, _rows_divide),
    "TRANSPOSE_CONV": (_weights_at(1, 2), product_scales(2), _gives(_constant_shape(0))),
    "CONV_3D": (_weights_at(1, 0), product_scales(0)),
    "CONV_3D_TRANSPOSE": (_weights_at(1, 2), product_scales(2), _gives(_constant_shape(0))),
    "SPLIT": (_option_counts("num_splits", inputs=False),),
    "SPLIT_V": (_option_counts("num_splits", inputs=False),),
    "UNPACK": (_option_counts("num", inputs=False),),
    "PACK": (_option_counts("values_count", inputs=True),),
    "LOCAL_RESPONSE_NORMALIZATION": (_within("radius", 2**16),),
    "MATRIX_DIAG": (_not_empty, _of_types(_MATRIX_TYPES)),
    "MATRIX_SET_DIAG": (_not_empty, _of_types(_MATRIX_TYPES), _diagonal_fits),
    "DILATE": (_not_empty,),
    "L2_NORMALIZATION": (_not_empty,),
    "STRIDED_SLICE": (_slice_offsets,),
    "PAD": (_gives(_padded),),
    "PADV2": (_gives(_padded),),
    "TILE": (_gives(_tiled),),
    "RESIZE_BILINEAR": (
        _not_empty,
        _gives(_resized),
    ),
    "EMBEDDING_LOOKUP": (_lookup_types,),
    "SKIP_GRAM": (_not_empty, _within("ngram_size", 2**15), _within("max_skip_size", 2**15)),
    "RESIZE_NEAREST_NEIGHBOR": (
        _not_empty,
        _gives(_resized),
    ),
    "BROADCAST_TO": (_gives(_constant_shape(1)),),
    "FILL": (_gives(_constant_shape(0)),),
    "SCATTER_ND": (_gives(_constant_shape(2)),),
    "SPARSE_TO_DENSE": (_gives(_constant_shape(1)),),
}

_FAMILIES: tuple[tuple[list[str], Rule], ...] = (
    (_ARITHMETIC, _need_scales_of(_STORED)),
    (_FUNCTIONS, _need_scales_of(_STORED | {"int16"})),
    (_COMPARISONS, comparison_scales),
    (_BROADCASTING, _gives(_broadcast)),
)

RULES: Mapping[str, tuple[Rule, ...]] = {
    name: (*_SINGLE.get(name, ()), *(rule for names, rule in _FAMILIES if name in names))
    for name in {*_SINGLE, *_ARITHMETIC, *_FUNCTIONS, *_COMPARISONS, *_BROADCASTING}
}
