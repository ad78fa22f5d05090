"""Sizes and lengths that are computed from constants: refused as if they stood in the file."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import pytest

from edgewright.errors import FormatError
from edgewright.model import ModelFile
from edgewright.model.graph import TENSOR_TYPES
from edgewright.model.storage.flatbuffer import Table

from ..model.builders import model, operator, raw, subgraph, tensor


def numbers(values: Sequence[float], dtype: str = "int32", shape: Sequence[int] | None = None) -> Table:
    kind = {"int32": "i", "int64": "q", "float32": "f", "int8": "b"}[dtype]
    return tensor([len(values)] if shape is None else shape, dtype, struct.pack(f"<{len(values)}{kind}", *values))


def one(value: int) -> Table:
    return numbers([value], shape=[])


def noise_of_a_shape(name: str, inputs: Sequence[Table], options: Any = None) -> bytes:
    """The shape is what the operator makes of its inputs: (3, -3), or a single -3."""
    count = len(inputs)
    tensors = [*inputs, tensor([2], "int32"), tensor([1, 1])]
    operators = [
        operator(name, list(range(count)), [count], options),
        operator("RANDOM_UNIFORM", [count], [count + 1], ("RandomOptions", {"seed": 1, "seed2": 2})),
    ]
    return raw(model(subgraph(tensors, operators, [], [count + 1])))


def cast(of: str) -> Any:
    types = {"in_data_type": TENSOR_TYPES.index(of), "out_data_type": TENSOR_TYPES.index("int32")}
    return ("CastOptions", types)


NONE: dict[str, int] = {"fused_activation_function": 0}
SLICE = {"begin_mask": 0, "end_mask": 0, "ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 0}


@pytest.mark.parametrize(
    ("name", "inputs", "options"),
    [
        ("RESHAPE", [numbers([3, -3], shape=[2, 1]), numbers([2])], None),
        ("CAST", [numbers([3, -3], "int64")], cast("int64")),
        ("CAST", [numbers([3, -3], "float32")], cast("float32")),
        ("NEG", [numbers([-3, 3])], None),
        ("ADD", [numbers([3, -3]), one(0)], ("AddOptions", NONE)),
        ("SUB", [numbers([4, -2]), one(1)], ("SubOptions", NONE)),
        ("MUL", [numbers([1, -1]), one(3)], ("MulOptions", NONE)),
        ("FLOOR_DIV", [numbers([6, -6]), one(2)], None),
        ("MINIMUM", [numbers([3, 9]), numbers([8, -3])], None),
        ("CONCATENATION", [numbers([3]), numbers([-3])], ("ConcatenationOptions", {"axis": 0, **NONE})),
        ("PACK", [one(3), one(-3)], ("PackOptions", {"values_count": 2, "axis": 0})),
        ("SLICE", [numbers([7, 3, -3, 7]), numbers([1]), numbers([2])], None),
        ("STRIDED_SLICE", [numbers([7, 3, -3]), *map(numbers, ([1], [3], [1]))], ("StridedSliceOptions", SLICE)),
        ("GATHER", [numbers([-3, 5, 3]), numbers([2, 0])], ("GatherOptions", {"axis": 0, "batch_dims": 0})),
        ("EXPAND_DIMS", [one(-3), one(0)], None),
        ("FILL", [numbers([2]), one(-3)], None),
        ("RANGE", [one(3), one(-9), one(-6)], None),
        ("REDUCE_MIN", [numbers([3, -3]), numbers([0])], ("ReducerOptions", {"keep_dims": True})),
    ],
)  # fmt: skip
def test_a_negative_size_that_is_computed(name: str, inputs: Sequence[Table], options: Any) -> None:
    with pytest.raises(FormatError, match=r"RANDOM_UNIFORM\): its result would have the shape \[(-?3, )?-3\]"):
        ModelFile.read(noise_of_a_shape(name, inputs, options))


def test_a_good_size_that_is_computed_is_not_in_the_way() -> None:
    ModelFile.read(noise_of_a_shape("ADD", [numbers([3, 2]), one(1)], ("AddOptions", NONE)))
    ModelFile.read(noise_of_a_shape("MUL", [numbers([-3, -2]), one(-1)], ("MulOptions", NONE)))


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_size_of_a_number_that_no_integer_holds(value: float) -> None:
    """What the runtime makes of it is not known, so nothing is known of the shape."""
    ModelFile.read(noise_of_a_shape("CAST", [numbers([value, 1], "float32")], cast("float32")))


def test_a_size_in_many_steps() -> None:
    """Further back than is looked, the trial run sees to it; and reading does not recurse without end."""
    steps = 5000
    tensors = [numbers([3, -3]), *[tensor([2], "int32") for _ in range(steps)], tensor([1, 1])]
    operators = [operator("NEG", [place], [place + 1]) for place in range(steps)]
    operators.append(operator("RANDOM_UNIFORM", [steps], [steps + 1], ("RandomOptions", {"seed": 1, "seed2": 2})))
    ModelFile.read(raw(model(subgraph(tensors, operators, [], [steps + 1]))))


@pytest.mark.parametrize("lengths", [[3, 2**30], [3, -1]])
def test_a_sequence_longer_than_what_it_is_a_part_of(lengths: list[int]) -> None:
    tensors = [numbers(lengths), one(0), tensor([2], "int32"), tensor([2, 4, 3]), tensor([2, 4, 3])]
    operators = [
        operator("ADD", [0, 1], [2], ("AddOptions", NONE)),
        operator("REVERSE_SEQUENCE", [3, 2], [4], ("ReverseSequenceOptions", {"seq_dim": 1, "batch_dim": 0})),
    ]
    with pytest.raises(FormatError, match=r"REVERSE_SEQUENCE\): lengths"):
        ModelFile.read(raw(model(subgraph(tensors, operators, [3], [4]))))


def test_a_range_of_gigabytes() -> None:
    tensors = [one(0), one(2**30), one(1), one(2**30), tensor([], "int32"), tensor([1], "int32")]
    operators = [
        operator("ADD", [1, 3], [4], ("AddOptions", NONE)),
        operator("RANGE", [0, 1, 2], [5]),
    ]
    with pytest.raises(FormatError, match="4,294,967,296 bytes of activations"):
        ModelFile.read(raw(model(subgraph(tensors, operators, [], [5]))))
