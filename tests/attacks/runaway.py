"""Classifiers of pictures that verify and cannot be known to be harmless: what they do depends on the picture."""

from __future__ import annotations

from typing import Any

from edgewright.model.graph import TENSOR_TYPES
from edgewright.model.storage.flatbuffer import Table

from ..model.builders import model, operator, raw, subgraph, tensor

_INT32 = TENSOR_TYPES.index("int32")


def classifier(*side: Table, tensors: tuple[Table, ...] = (), graphs: tuple[Table, ...] = ()) -> bytes:
    """A picture of 8 × 8 in, three probabilities out; tensor 3 is its mean color, tensor 4 that in whole numbers."""
    own = [tensor([1, 8, 8, 3]), tensor([2], "int32", bytes([1, 0, 0, 0, 2, 0, 0, 0])), tensor([1, 3])]
    own += [tensor([1, 3]), tensor([1, 3], "int32")]
    operators = [
        operator("MEAN", [0, 1], [3], ("ReducerOptions", {"keep_dims": False})),
        operator("SOFTMAX", [3], [2], ("SoftmaxOptions", {"beta": 1.0})),
        operator("CAST", [3], [4], ("CastOptions", {"in_data_type": 0, "out_data_type": _INT32})),
        *side,
    ]
    return raw(model(subgraph([*own, *tensors], operators, [0], [2]), *graphs))


def integers(*values: int) -> Table:
    return tensor([len(values)], "int32", b"".join(value.to_bytes(4, "little", signed=True) for value in values))


def crash() -> bytes:
    """The remainder of the lowest number by a color that is made of black's -1: the processor has none."""
    return classifier(
        operator("MUL", [4, 6], [8], ("MulOptions", {})),
        operator("ADD", [8, 7], [9], ("AddOptions", {})),
        operator("FLOOR_MOD", [5, 9], [10]),
        tensors=(
            {**integers(*[-(2**31)] * 3), "shape": [1, 3]},
            integers(2),
            integers(1),
            *[tensor([1, 3], "int32")] * 3,
        ),
    )


def memory() -> bytes:
    """Fills sixteen gigabytes where the picture is not black."""
    return classifier(
        operator("RESHAPE", [4, 5], [6]),
        operator("ABS", [6], [7]),
        operator("ADD", [7, 8], [9], ("AddOptions", {})),
        operator("FILL", [9, 10], [11]),
        tensors=(
            integers(3),
            tensor([3], "int32"),
            tensor([3], "int32"),
            integers(1600),
            tensor([3], "int32"),
            tensor([], data=bytes(4)),
            tensor([1, 1, 1], shape_signature=[-1, -1, -1]),
        ),
    )


def endless() -> bytes:
    """Goes on as long as a number is itself."""
    flag = subgraph(
        [tensor([1, 3], "int32"), tensor([], "bool"), tensor([1, 3], "bool"), integers(0, 1)],
        [
            operator("EQUAL", [0, 0], [2], ("EqualOptions", {})),
            operator("REDUCE_ALL", [2, 3], [1], ("ReducerOptions", {"keep_dims": False})),
        ],
        [0],
        [1],
    )
    body = subgraph(
        [tensor([1, 3], "int32"), integers(1), tensor([1, 3], "int32")],
        [operator("ADD", [0, 1], [2], ("AddOptions", {}))],
        [0],
        [2],
    )
    options = ("WhileOptions", {"cond_subgraph_index": 1, "body_subgraph_index": 2})
    return classifier(operator("WHILE", [4], [5], options), tensors=(tensor([1, 3], "int32"),), graphs=(flag, body))


def nest(depth: int = 30) -> bytes:
    """Thirty subgraphs, each of which runs the next one twice."""
    yes = tensor([], "bool", b"\1")
    graphs = []
    for number in range(1, depth):
        operators: list[Any] = [
            operator("IF", [0, 1], [2], ("IfOptions", _both(number + 1))),
            operator("IF", [0, 2], [3], ("IfOptions", _both(number + 1))),
        ]
        graphs.append(subgraph([yes, *[tensor([1, 3], "int32")] * 3], operators, [1], [3]))
    leaf = subgraph([tensor([1, 3], "int32"), tensor([1, 3], "int32")], [operator("ABS", [0], [1])], [0], [1])
    return classifier(
        operator("IF", [5, 4], [6], ("IfOptions", _both(1))),
        tensors=(yes, tensor([1, 3], "int32")),
        graphs=(*graphs, leaf),
    )


def _both(number: int) -> dict[str, int]:
    return {"then_subgraph_index": number, "else_subgraph_index": number}
