"""What single operators need beyond types and counts: shapes, options and constants that fit together.

Each rule is a fact about an operator's definition (TensorFlow Lite operator semantics,
https://www.tensorflow.org/mlir/tfl_ops) that LiteRT relies on without looking, or that decides how much memory it
takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edgewright.model.checking.quantization_rules import (
    comparison_scales,
    product_scales,
    softmax_scale,
    squared_difference_scales,
    sum_scales,
)
from edgewright.model.checking.shape_rules import (
    broadcast,
    constant_shape,
    diagonal_fits,
    dilated,
    gives,
    not_empty,
    padded,
    ranged,
    resized,
    rows_divide,
    same_shape,
    sequences,
    slice_offsets,
    tiled,
)
from edgewright.model.checking.stablehlo_rules import gather_dimensions, scatter_dimensions
from edgewright.model.checking.type_rules import (
    STORED,
    bias,
    dequantizes,
    lookup_types,
    need_scales_of,
    of_types,
    quantizes,
    same_type,
    weights_at,
)
from edgewright.model.node import Node

Rule = Callable[[Node], None]


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


_MATRIX_TYPES = frozenset({"float32", "int8", "uint8", "int16", "int32", "int64"})

_ARITHMETIC = """ADD SUB MUL DIV SQUARED_DIFFERENCE MEAN SUM REDUCE_PROD AVERAGE_POOL_2D CONV_2D DEPTHWISE_CONV_2D
FULLY_CONNECTED TRANSPOSE_CONV BATCH_MATMUL LSTM UNIDIRECTIONAL_SEQUENCE_LSTM BIDIRECTIONAL_SEQUENCE_LSTM RNN SVDF
UNIDIRECTIONAL_SEQUENCE_RNN BIDIRECTIONAL_SEQUENCE_RNN""".split()

# Looked up in tables that are made from the scales.
_FUNCTIONS = """LOGISTIC TANH SOFTMAX LOG_SOFTMAX HARD_SWISH LEAKY_RELU PRELU ELU GELU EXP RSQRT SQRT LOG
L2_NORMALIZATION""".split()

_COMPARISONS = "LESS LESS_EQUAL GREATER GREATER_EQUAL EQUAL NOT_EQUAL".split()

_BROADCASTING = """ADD SUB MUL DIV MAXIMUM MINIMUM POW SQUARED_DIFFERENCE FLOOR_DIV FLOOR_MOD ATAN2 LESS LESS_EQUAL
GREATER GREATER_EQUAL EQUAL NOT_EQUAL LOGICAL_AND LOGICAL_OR SELECT_V2 BITWISE_XOR RIGHT_SHIFT PRELU""".split()

_ELEMENTWISE = """STABLEHLO_ADD STABLEHLO_SUBTRACT STABLEHLO_MULTIPLY STABLEHLO_DIVIDE STABLEHLO_MAXIMUM
STABLEHLO_MINIMUM STABLEHLO_AND STABLEHLO_OR STABLEHLO_POWER STABLEHLO_REMAINDER STABLEHLO_COMPARE
STABLEHLO_SHIFT_LEFT""".split()

_SINGLE: Mapping[str, tuple[Rule, ...]] = {
    "ADD": (sum_scales,),
    "SUB": (sum_scales,),
    "SQUARED_DIFFERENCE": (squared_difference_scales,),
    "SOFTMAX": (not_empty, same_type, softmax_scale),
    "LOG_SOFTMAX": (not_empty, softmax_scale),
    "QUANTIZE": (quantizes,),
    "DEQUANTIZE": (dequantizes,),
    "CONV_2D": (weights_at(1, 0), product_scales(0)),
    "DEPTHWISE_CONV_2D": (weights_at(1, 0), product_scales(0)),
    "FULLY_CONNECTED": (weights_at(1, 0), product_scales(0), bias, rows_divide),
    "TRANSPOSE_CONV": (weights_at(1, 2), product_scales(2), gives(constant_shape(0))),
    "CONV_3D": (weights_at(1, 0), product_scales(0)),
    "CONV_3D_TRANSPOSE": (weights_at(1, 2), product_scales(2), gives(constant_shape(0))),
    "SPLIT": (_option_counts("num_splits", inputs=False),),
    "SPLIT_V": (_option_counts("num_splits", inputs=False),),
    "UNPACK": (_option_counts("num", inputs=False),),
    "PACK": (_option_counts("values_count", inputs=True),),
    "LOCAL_RESPONSE_NORMALIZATION": (_within("radius", 2**16),),
    "MATRIX_DIAG": (not_empty, of_types(_MATRIX_TYPES)),
    "MATRIX_SET_DIAG": (not_empty, of_types(_MATRIX_TYPES), diagonal_fits),
    "DILATE": (not_empty, gives(dilated)),
    "REVERSE_V2": (not_empty,),
    "STABLEHLO_GATHER": (gather_dimensions,),
    "STABLEHLO_SCATTER": (scatter_dimensions,),
    "L2_NORMALIZATION": (not_empty,),
    "STRIDED_SLICE": (slice_offsets,),
    "PAD": (gives(padded),),
    "PADV2": (gives(padded),),
    "TILE": (gives(tiled),),
    "RESIZE_BILINEAR": (
        not_empty,
        gives(resized),
    ),
    "RANGE": (gives(ranged),),
    "REVERSE_SEQUENCE": (sequences,),
    "EMBEDDING_LOOKUP": (lookup_types,),
    "SKIP_GRAM": (not_empty, _within("ngram_size", 2**15), _within("max_skip_size", 2**15)),
    "RESIZE_NEAREST_NEIGHBOR": (
        not_empty,
        gives(resized),
    ),
    "BROADCAST_TO": (gives(constant_shape(1)),),
    "FILL": (gives(constant_shape(0)),),
    "RANDOM_UNIFORM": (gives(constant_shape(0)),),
    "RANDOM_STANDARD_NORMAL": (gives(constant_shape(0)),),
    "SCATTER_ND": (gives(constant_shape(2)),),
    "SPARSE_TO_DENSE": (gives(constant_shape(1)),),
}

_FAMILIES: tuple[tuple[list[str], Rule], ...] = (
    (_ARITHMETIC, need_scales_of(STORED)),
    (_FUNCTIONS, need_scales_of(STORED | {"int16"})),
    (_COMPARISONS, comparison_scales),
    (_BROADCASTING, gives(broadcast)),
    (_ELEMENTWISE, same_shape),
)

RULES: Mapping[str, tuple[Rule, ...]] = {
    name: (*_SINGLE.get(name, ()), *(rule for names, rule in _FAMILIES if name in names))
    for name in {*_SINGLE, *_ARITHMETIC, *_FUNCTIONS, *_COMPARISONS, *_BROADCASTING, *_ELEMENTWISE}
}
