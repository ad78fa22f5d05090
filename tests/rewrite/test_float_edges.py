"""Single inputs and outputs of an integer file in float: what they stand for is the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.evaluate import Runner
from edgewright.model import ModelFile
from edgewright.rewrite import edges_in_float
from model import builders

SCALE, ZERO = 0.5, 3


def integers() -> ModelFile:
    """An int8 input in another shape, and as real numbers that are stored again, coarser."""
    stored = {"quantization": builders.quantized([SCALE], [ZERO])}
    coarse = {"quantization": builders.quantized([8.0], [0])}
    tensors = [
        {**builders.tensor([1, 4], "int8", **stored), "name": "x"},
        {**builders.tensor([2], "int32", np.array([2, 2], "<i4").tobytes()), "name": "shape"},
        {**builders.tensor([2, 2], "int8", **stored), "name": "square"},
        {**builders.tensor([1, 4]), "name": "real"},
        {**builders.tensor([1, 4], "uint8", **coarse), "name": "coarse"},
    ]
    operators = [
        builders.operator("RESHAPE", [0, 1], [2]),
        builders.operator("DEQUANTIZE", [0], [3]),
        builders.operator("QUANTIZE", [3], [4]),
    ]
    known = {"signature_key": "main", "inputs": [{"name": "x", "tensor_index": 0}],
             "outputs": [{"name": "a", "tensor_index": 2}, {"name": "b", "tensor_index": 4}]}  # fmt: skip
    tables = builders.model(builders.subgraph(tensors, operators, [0], [2, 4]), signature_defs=[known])
    for code in tables["operator_codes"]:
        code["version"] = 2 if code["builtin_code"] == 6 else 1  # DEQUANTIZE of int8
    return ModelFile.read(builders.raw(tables))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(-128, 127), min_size=4, max_size=4))
def test_real_numbers_are_what_the_stored_ones_stand_for(stored: list[int]):
    whole, real = integers(), edges_in_float(integers(), {0}, {0})
    values = (np.array([stored], np.float32) - ZERO) * SCALE
    with Runner(whole) as before, Runner(real) as after:
        assert all(np.array_equal(*pair) for pair in zip(before(values), after(values), strict=True))
        assert np.array_equal(after(values)[0], values.reshape(2, 2))


def test_what_was_stored_from_real_numbers_is_these():
    model = edges_in_float(integers(), (), {1})
    assert [(spec.name, spec.dtype) for spec in model.outputs] == [("square", "int8"), ("real", "float32")]
    assert "QUANTIZE" not in [operator.name for operator in model.ops]
    with Runner(model) as run:
        assert run(np.array([[0.5, 1, -1, 3]], np.float32))[1].tolist() == [[0.5, 1, -1, 3]]


def test_names_and_signature_go_along():
    model = edges_in_float(integers(), {0}, {0, 1})
    assert [spec.name for spec in (*model.inputs, *model.outputs)] == ["x", "square", "real"]
    assert {spec.dtype for spec in (*model.inputs, *model.outputs)} == {"float32"}
    assert model.signatures[0].inputs == {"x": model.inputs[0].index}
    assert model.signatures[0].outputs == {"a": model.outputs[0].index, "b": model.outputs[1].index}


def test_where_all_is_float_nothing_changes():
    model = edges_in_float(integers(), {0}, {0, 1})
    assert edges_in_float(model, {0}, {0, 1}) is model


def test_a_tensor_that_is_two_outputs_is_made_real_once():
    stored = {"quantization": builders.quantized([SCALE], [ZERO])}
    tensors = [{**builders.tensor([1, 4], "int8", **stored), "name": name} for name in ("x", "y")]
    graph = builders.subgraph(tensors, [builders.operator("RELU", [0], [1])], [0], [1, 1])
    model = edges_in_float(ModelFile.read(builders.raw(builders.model(graph))), {0}, {0, 1})
    assert [spec.dtype for spec in model.outputs] == ["float32", "float32"]
    assert [operator.name for operator in model.ops] == ["QUANTIZE", "RELU", "DEQUANTIZE"]
    assert model.outputs[0] == model.outputs[1]
