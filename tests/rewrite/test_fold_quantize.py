"""Folding QUANTIZE and DEQUANTIZE: what gives back what went in goes, what rounds stays, with the reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.engine import open_engine
from edgewright.model import ModelFile
from edgewright.rewrite import rewrite

from ..exploring import examples
from ..model.builders import operator, quantized, subgraph, tensor
from .graphs import ADD, built, chain, constant, named, stored

FOLD = ["fold-quantize"]
ALL = np.arange(256)


def run(model: ModelFile, values: np.ndarray) -> np.ndarray:
    engine = open_engine(model)
    try:
        return engine.run(values.astype(model.inputs[0].dtype).reshape(model.inputs[0].shape))[0]
    finally:
        engine.close()


def every_number(dtype: str) -> np.ndarray:
    return ALL - (128 if dtype == "int8" else 0)


def relu_after(tensors: list, *names: str) -> ModelFile:
    """A chain whose last tensor goes through RELU, because the outputs themselves are never replaced."""
    return chain([*tensors, tensors[-1]], *names, "RELU")


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_a_pair_that_gives_back_what_went_in_goes(dtype: str):
    first = stored([1, 256], dtype, 0.037, 3)
    before = relu_after([first, tensor([1, 256]), first], "DEQUANTIZE", "QUANTIZE")
    result = rewrite(before, FOLD)
    assert [one.name for one in result.model.ops] == ["RELU"]
    assert result.changes == ("fold-quantize: 1 QUANTIZE folded that changed no number or worked on a constant",)
    np.testing.assert_array_equal(run(result.model, every_number(dtype)), run(before, every_number(dtype)))


def test_a_pair_that_only_moves_the_sign_is_faster_than_one_step():
    signed, unsigned = stored([1, 256], "int8", 0.5, -7), stored([1, 256], "uint8", 0.5, 121)
    before = chain([signed, tensor([1, 256]), unsigned], "DEQUANTIZE", "QUANTIZE")
    result = rewrite(before, FOLD)
    assert (result.model, result.left_alone) == (before, ())


def test_there_and_back_between_uint8_and_int8_goes():
    signed, unsigned = stored([1, 256], "int8", 0.25, 0), stored([1, 256], "uint8", 0.25, 128)
    before = relu_after([unsigned, signed, unsigned], "QUANTIZE", "QUANTIZE")
    after = rewrite(before, FOLD).model
    assert [one.name for one in after.ops] == ["RELU"]
    np.testing.assert_array_equal(run(after, ALL), run(before, ALL))


def test_a_step_that_changes_nothing_goes():
    same = stored([1, 256], "int8", 0.25, 5)
    assert [one.name for one in rewrite(relu_after([same, same], "QUANTIZE"), FOLD).model.ops] == ["RELU"]


def left(model: ModelFile) -> str:
    result = rewrite(model, FOLD)
    assert result.model is model
    (one,) = result.left_alone
    return one.reason


def test_rounding_on_purpose_stays():
    before = chain([tensor([1, 8]), stored([1, 8], "int8", 0.1, 0), tensor([1, 8])], "QUANTIZE", "DEQUANTIZE")
    assert "rounding is part of the results" in left(before)


def test_another_scale_stays():
    tensors = [stored([1, 8], "int8", 0.1, 0), tensor([1, 8]), stored([1, 8], "int8", 0.11, 0)]
    assert "another by way of float" in left(chain(tensors, "DEQUANTIZE", "QUANTIZE"))


def test_an_output_stays():
    same = stored([1, 8], "int8", 0.1, 0)
    assert "output of the model" in left(chain([same, tensor([1, 8]), same], "DEQUANTIZE", "QUANTIZE"))


def with_quantized_constant(values: list[float]) -> ModelFile:
    scaled = quantized([0.5], [1])
    shape = [len(values)]
    tensors = [
        tensor(shape, "int8", quantization=scaled), constant(values), tensor(shape, "int8", quantization=scaled),
        tensor(shape, "int8", quantization=scaled),
    ]  # fmt: skip
    operators = [operator("QUANTIZE", [1], [2]), operator("ADD", [0, 2], [3], ADD)]
    return built(subgraph(named(tensors), operators, [0], [3]))


def test_a_constant_is_stored_quantized():
    before = with_quantized_constant([-1000.0, -1.1, 0.0, 2.6, 1000.0])
    after = rewrite(before, FOLD).model
    assert [one.name for one in after.ops] == ["ADD"]
    (spec,) = [spec for spec in after.main.tensors if len(after.constant(spec))]
    assert np.frombuffer(after.constant(spec), np.int8).tolist() == [-128, -1, 1, 6, 127]
    values = np.array([1, 2, 3, 4, 5])
    np.testing.assert_array_equal(run(after, values), run(before, values))


def test_a_constant_half_way_between_two_numbers_stays():
    assert "kernels round it differently" in left(with_quantized_constant([0.25, 1.0]))


@settings(max_examples=examples(60))
@given(
    names=st.lists(st.sampled_from(["int8", "uint8", "float"]), min_size=1, max_size=6),
    scales=st.lists(st.sampled_from([0.1, 0.25]), min_size=6, max_size=6),
    zeros=st.lists(st.sampled_from([-3, 0]), min_size=6, max_size=6),
)
def test_whatever_the_chain_the_numbers_stay(names: list[str], scales: list[float], zeros: list[int]):
    """Chains of steps between random types and scales, all over the int8 numbers, give what they gave."""
    kinds = ["int8", *names, "int8"]
    kinds = [kind for index, kind in enumerate(kinds) if kind != "float" or kinds[index - 1] != "float"]
    tensors, steps = [], []
    for index, kind in enumerate(kinds):
        scale, zero = scales[index % 6], zeros[index % 6]
        offset = 128 if kind == "uint8" else 0
        tensors.append(tensor([1, 256]) if kind == "float" else stored([1, 256], kind, scale, zero + offset))
        if index:
            steps.append("DEQUANTIZE" if kind == "float" else "QUANTIZE")
    before = relu_after(tensors, *steps)
    after = rewrite(before, FOLD).model
    np.testing.assert_array_equal(run(after, every_number("int8")), run(before, every_number("int8")))
