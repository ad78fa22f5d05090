"""What of an operator's form has no kernel in LiteRT, where the operator has one, as a converter says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from edgewright.convert.obstacles.advice import Obstacle, find_advice

# The operation as MLIR prints it: `"tf.MatMul"(%0, %1) <{…}> : (tensor<1x8xf64>, tensor<8x8xf64>) -> tensor<1x8xf64>`.
_SIGNATURE = re.compile(r"\((?P<taken>[^()]*)\) -> (?P<made>.*)")
_TENSOR = re.compile(r"tensor<(?P<sizes>(?:[\d?*]+x)*)(?P<type>\w+)>")
_TYPES = {
    "f16": "float16", "bf16": "bfloat16", "f64": "float64",
    "i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64",
    "ui8": "uint8", "ui16": "uint16", "ui32": "uint32", "ui64": "uint64",
}  # fmt: skip
_REAL = frozenset({"float16", "bfloat16", "float64"})
# DataType of tensorflow/core/framework/types.proto.
_NUMBERED = {2: "float64", 14: "bfloat16", 19: "float16"}
# What LiteRT has for float32, and for few types of whole numbers. Of other operators the type need not be the reason.
_COMPUTING = frozenset(
    """Conv2D Conv3D DepthwiseConv2dNative Conv2DBackpropInput MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3 Einsum
    Add AddV2 AddN Sub Mul RealDiv Div FloorDiv FloorMod Pow Maximum Minimum SquaredDifference Neg Abs Sign Square Sqrt
    Rsqrt Exp Log Sin Cos Tanh Sigmoid Softmax LogSoftmax Relu Relu6 Elu LeakyRelu Selu BiasAdd Sum Mean Max Min Prod
    AvgPool MaxPool Cumsum Cast Ceil Floor Round""".split()
)
# Our own reader takes no more, and no kernel does.
_MOST_DIMENSIONS = 8


def obstacle_of_form(operator: str, said: str) -> tuple[Obstacle, str] | None:
    """What stops an operator that LiteRT has in other forms, with the reason; `said` is the converter's message.

    None where it is not the form, or where the operator has no kernel in any.
    """
    entry = find_advice(operator)
    found = _SIGNATURE.search(said.replace("\n", " "))
    if found is None or (entry is not None and not entry.forms):
        return None
    taken, made = (list(_TENSOR.finditer(found[part])) for part in ("taken", "made"))
    most = max((tensor["sizes"].count("x") for tensor in (*taken, *made)), default=0)
    if most > _MOST_DIMENSIONS:
        return "dimensions", f"LiteRT has no kernel for {most} dimensions, and at most {_MOST_DIMENSIONS} in a tensor"
    return _of_type(operator, _names(taken), _names(made))


def _names(tensors: Iterable[re.Match[str]]) -> list[str]:
    return [_TYPES[tensor["type"]] for tensor in tensors if tensor["type"] in _TYPES]


def _of_type(operator: str, taken: Sequence[str], made: Sequence[str]) -> tuple[Obstacle, str] | None:
    """The type of what it computes; operands of other types are sizes and axes, but what is cast."""
    if real := next((name for name in (*taken, *made) if name in _REAL), ""):
        return "type", _no_kernel(real)
    whole = [*made, *(taken if operator == "Cast" else ())]
    return ("integers", _no_kernel(whole[0])) if whole and operator in _COMPUTING else None


def _no_kernel(name: str) -> str:
    return f"LiteRT has no kernel for {name} here"


def narrow_types(numbers: Iterable[int]) -> Iterator[tuple[Obstacle, str]]:
    """What types say of a graph that stops somewhere else for their sake; `numbers` as TensorFlow counts types."""
    named = (_NUMBERED[number] for number in dict.fromkeys(numbers) if number in _NUMBERED)
    yield from (("type", _no_kernel(name)) for name in named)
