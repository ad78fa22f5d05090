"""Bytes go straight in: the same answers as with the normalization outside, within what is promised, and no wider."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.engine import open_engine
from edgewright.evaluate import rewriting_proof
from edgewright.media import Preparation
from edgewright.model import InputMetadata, Metadata, ModelFile
from edgewright.rewrite import FoldNormalization, rewrite

from ..exploring import examples
from ..model.builders import operator, subgraph, tensor
from .graphs import built, chain, constant, convolution, describe, named, stored

FOLD = ["fold-normalization"]
NORMALIZATIONS = {
    "whole": ((127.0,), (128.0,)),
    "half": ((127.5,), (127.5,)),
    "zero-to-one": ((0.0,), (255.0,)),
    "per-channel": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    "per-channel-mean": ((103.939, 116.779, 123.68), (1.0, 1.0, 1.0)),
}
# A product and a sum in float32, over 27 products of weights about 1 and pixels up to 255 / std.
_ROUNDING = 2e-5


def operators(model: ModelFile) -> list[str]:
    return [one.name for one in model.ops]


def answer(model: ModelFile, pixels: np.ndarray) -> np.ndarray:
    """What the model gives for a picture that is prepared as its own metadata says."""
    preparation = Preparation.of(model.inputs[0], model.metadata.inputs[0])
    engine = open_engine(model)
    try:
        return engine.run(preparation.tensor(pixels))[0]
    finally:
        engine.close()


def pixels(side: int = 9, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)


def far(before: ModelFile, after: ModelFile, seed: int = 0) -> float:
    """The largest difference as a share of the largest answer."""
    one, other = (answer(model, pixels(seed=seed)) for model in (before, after))
    return float(np.abs(one - other).max() / np.abs(one).max())


@pytest.mark.parametrize(
    ("normalization", "padding", "wanted"),
    [
        ("whole", "SAME", ["DEQUANTIZE", "CONV_2D"]),
        ("whole", "VALID", ["DEQUANTIZE", "CONV_2D"]),
        ("zero-to-one", "SAME", ["DEQUANTIZE", "CONV_2D"]),
        ("half", "VALID", ["DEQUANTIZE", "CONV_2D"]),
        ("half", "SAME", ["DEQUANTIZE", "ADD", "CONV_2D"]),
        ("per-channel", "VALID", ["DEQUANTIZE", "CONV_2D"]),
        ("per-channel", "SAME", ["DEQUANTIZE", "ADD", "CONV_2D"]),
        ("per-channel-mean", "SAME", ["DEQUANTIZE", "ADD", "CONV_2D"]),
    ],
)
def test_a_float_model_takes_bytes(normalization: str, padding: str, wanted: list[str]):
    before = convolution(*NORMALIZATIONS[normalization], padding=padding)
    result = rewrite(before, FOLD)
    after = result.model
    assert operators(after) == wanted
    assert after.inputs[0].dtype == "uint8"
    assert after.inputs[0].name == before.inputs[0].name
    assert far(before, after) < _ROUNDING
    taken = Preparation.of(after.inputs[0], after.metadata.inputs[0]).tensor(pixels())
    np.testing.assert_array_equal(taken[0], pixels())


def test_the_edge_matters_where_the_convolution_pads():
    """Without the ADD, what is padded would be another gray: the answers at the edge would be far off."""
    before = convolution(*NORMALIZATIONS["half"], padding="SAME")
    after = rewrite(before, FOLD).model
    tables = after.edit()
    graph = tables["subgraphs"][0]
    add, convolving = graph["operators"][1:]
    convolving["inputs"] = (add["inputs"][0], *convolving["inputs"][1:])
    graph["operators"].remove(add)
    without = ModelFile.build(tables, after.files)
    assert far(before, without) > 100 * _ROUNDING


def test_one_that_is_exact_says_so_and_passes_as_lossless():
    before = convolution(*NORMALIZATIONS["whole"], padding="SAME")
    result = rewrite(before, [FoldNormalization(lossless=True)])
    assert "the same numbers" in result.changes[0]
    assert far(before, result.model) == 0


def test_one_that_rounds_is_left_alone_as_lossless():
    before = convolution(*NORMALIZATIONS["half"])
    result = rewrite(before, [FoldNormalization(lossless=True)])
    assert result.model is before
    assert "rounding of float32, and only exact changes were asked for" in result.left_alone[0].reason


def test_other_first_operators_get_the_whole_normalization():
    before = describe(chain([tensor([1, 9, 9, 3]), tensor([1, 9, 9, 3])], "RELU"), *NORMALIZATIONS["per-channel"])
    after = rewrite(before, FOLD).model
    assert operators(after) == ["DEQUANTIZE", "MUL", "ADD", "RELU"]
    assert far(before, after) < _ROUNDING


def test_weights_that_another_operator_reads_stay_as_they_are():
    """Both convolutions have the same weights, and only the first one sees the picture."""
    weights = constant(np.random.default_rng(1).normal(0, 1, (3, 1, 1, 3)))
    tensors = [tensor([1, 9, 9, 3]), weights, constant([0.0, 0.0, 0.0]), tensor([1, 9, 9, 3]), tensor([1, 9, 9, 3])]
    options = ("Conv2DOptions", {"padding": 1, "stride_w": 1, "stride_h": 1})
    steps = [operator("CONV_2D", [0, 1, 2], [3], options), operator("CONV_2D", [3, 1, 2], [4], options)]
    before = describe(built(subgraph(named(tensors), steps, [0], [4])), *NORMALIZATIONS["per-channel"])
    after = rewrite(before, FOLD).model
    assert operators(after) == ["DEQUANTIZE", "CONV_2D", "CONV_2D"]
    assert far(before, after) < _ROUNDING


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
@pytest.mark.parametrize(
    ("mean", "std", "scale", "zero", "exact"),
    [
        (127.5, 127.5, 2 / 255, -1, False),  # every byte lies half-way
        (128.0, 128.0, 1 / 128, 0, True),
        (0.0, 255.0, 1 / 255, -128, True),
        (127.0, 128.0, 0.05, 0, False),
    ],
)
def test_an_integer_model_with_float_edges(dtype: str, mean: float, std: float, scale: float, zero: int, exact: bool):
    shift = 128 if dtype == "uint8" else 0
    before = describe(
        chain([tensor([1, 16, 16, 1]), *[stored([1, 16, 16, 1], dtype, scale, zero + shift)] * 2], "QUANTIZE", "RELU"),
        [mean],
        [std],
    )
    result = rewrite(before, FOLD)
    same_bytes = dtype == "uint8" and scale != 0.05
    assert operators(result.model) == (["RELU"] if same_bytes else ["QUANTIZE", "RELU"])
    assert ("the same numbers" in result.changes[0]) == exact
    every = np.arange(256, dtype=np.uint8).reshape(16, 16)
    one, other = (answer(model, every).astype(int) for model in (before, result.model))
    assert np.abs(one - other).max() <= (0 if exact else 1)


def test_an_int8_input_takes_bytes():
    before = describe(chain([stored([1, 16, 16, 1], "int8", 1 / 128, 0)] * 2, "RELU"), [128.0], [128.0])
    result = rewrite(before, FOLD)
    every = np.arange(256, dtype=np.uint8).reshape(16, 16)
    np.testing.assert_array_equal(answer(result.model, every), answer(before, every))
    np.testing.assert_array_equal(
        Preparation.of(result.model.inputs[0], result.model.metadata.inputs[0]).tensor(every)[0, ..., 0], every
    )


def test_an_int8_input_of_another_scale_goes_by_way_of_float():
    before = describe(chain([stored([1, 9, 9, 3], "int8", 0.02, -10)] * 2, "RELU"), *NORMALIZATIONS["per-channel"])
    result = rewrite(before, FOLD)
    assert operators(result.model) == ["DEQUANTIZE", "MUL", "ADD", "QUANTIZE", "RELU"]
    one, other = (answer(model, pixels()).astype(int) for model in (before, result.model))
    assert np.abs(one - other).max() <= 1
    assert (one != other).mean() < 0.02


def test_sixteen_bits_inside_go_by_way_of_float():
    before = describe(
        chain([tensor([1, 9, 9, 3]), *[stored([1, 9, 9, 3], "int16", 1e-4, 0)] * 2], "QUANTIZE", "RELU"),
        *NORMALIZATIONS["half"],
    )
    result = rewrite(before, FOLD)
    assert operators(result.model)[:3] == ["DEQUANTIZE", "ADD", "QUANTIZE"]
    assert "one step" in result.changes[0]


def test_a_reader_without_a_result_is_one_like_others():
    """The picture is kept in a variable, and answered with its numbers above zero."""
    tensors = [tensor([1, 9, 9, 3]), tensor([], "resource"), tensor([1, 9, 9, 3])]
    steps = [
        operator("VAR_HANDLE", [], [1], ("VarHandleOptions", {"container": "", "shared_name": "last"})),
        operator("ASSIGN_VARIABLE", [1, 0], [], ("AssignVariableOptions", {})),
        operator("RELU", [0], [2]),
    ]
    before = describe(built(subgraph(named(tensors), steps, [0], [2])), *NORMALIZATIONS["half"])
    result = rewrite(before, FOLD)
    assert result.model.inputs[0].dtype == "uint8"
    assert far(before, result.model) < _ROUNDING


def test_a_signature_takes_the_bytes_too():
    before = rewrite(convolution(*NORMALIZATIONS["half"]), ["signature"]).model
    after = rewrite(before, FOLD).model
    assert list(after.signatures[0].inputs.values()) == list(after.main.inputs)


@pytest.mark.parametrize(
    ("described", "shape", "reason"),
    [
        (InputMetadata(kind="image"), [1, 9, 9, 3], "does not say"),
        (InputMetadata(kind="audio", mean=(0.0,), std=(1.0,)), [1, 9, 9, 3], "no picture"),
        (InputMetadata(kind="image", mean=(0.0,), std=(1.0,)), [1, 15600], "no picture"),
        (InputMetadata(kind="image", mean=(0.0,), std=(1.0,)), [2, 9, 9, 3], "no picture"),
        (InputMetadata(kind="image", mean=(0.0, 1.0, 2.0), std=(1.0, 1.0, 1.0)), [1, 3, 9, 9], "not the last"),
        (InputMetadata(kind="image", mean=(0.0,), std=(-1.0,)), [1, 9, 9, 3], "negative"),
    ],
)
def test_what_cannot_be_done_is_left_alone_with_the_reason(described: InputMetadata, shape: list[int], reason: str):
    before = chain([tensor(shape), tensor(shape)], "RELU").with_metadata(Metadata(inputs=(described,)))
    result = rewrite(before, FOLD)
    assert result.model is before
    assert reason in result.left_alone[0].reason


def test_bytes_already(shared_file):
    before = ModelFile.read(shared_file("models/mobilenet_v2_1.0_224_quant.tflite"))
    result = rewrite(before, FOLD)
    assert result.model is before
    assert result.left_alone[0].reason == "it takes bytes already"


@pytest.mark.parametrize("normalization", ["half", "whole", "per-channel"])
def test_a_real_model_stays_within_what_its_kernels_differ_by(shared_file, normalization: str):
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float_metadata.tflite"))
    mean, std = NORMALIZATIONS[normalization]
    described = dataclasses.replace(model.metadata.inputs[0], mean=mean, std=std)
    before = model.with_metadata(dataclasses.replace(model.metadata, inputs=(described,)))
    after = rewrite(before, FOLD).model
    proof = rewriting_proof(before, after, samples=4)
    assert not proof.vacuous
    assert proof.kernels is not None
    (moved,), (kernels,) = proof.rewrite.agreement.outputs, proof.kernels.agreement.outputs
    assert moved.top1 == 1
    assert moved.snr_db > kernels.snr_db
    assert after.metadata.outputs == before.metadata.outputs
    assert after.files.keys() >= before.files.keys() - {"edgewright.json"}


numbers = st.floats(0, 255, width=32)
deviations = st.floats(0.5, 300, width=32)


@settings(max_examples=examples(40))
@given(
    mean=st.one_of(st.tuples(numbers), st.tuples(numbers, numbers, numbers)),
    std=st.tuples(deviations, deviations, deviations),
    padding=st.sampled_from(["SAME", "VALID"]),
    seed=st.integers(0, 1000),
)
def test_whatever_the_normalization_the_answers_stay(mean: tuple, std: tuple, padding: str, seed: int):
    before = convolution(mean, std[: len(mean)], padding=padding)
    assert far(before, rewrite(before, FOLD).model, seed) < _ROUNDING
