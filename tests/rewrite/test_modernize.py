"""From the uint8 of before 2019 to int8: the same numbers where weights fit, and the reason wherever it is not done."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.engine import open_engine
from edgewright.errors import UsageError
from edgewright.evaluate import rewriting_proof
from edgewright.media import Preparation
from edgewright.model import ModelFile
from edgewright.rewrite import Modernize, rewrite
from edgewright.rewrite.modernizing.splitting import split

from ..exploring import examples
from ..model.builders import quantized, tensor
from .legacy_graphs import CASES, SAME, VALID, Legacy, with_operator

ALWAYS = Modernize(worth=0)
REAL = ("mobilenet_v1_0.25_128_quant", "mobilenet_v2_1.0_224_quant", "ssd_mobilenet_v1_coco_quant_metadata")
ROUNDS_OTHERWISE = {"AVERAGE_POOL_2D, padded", "L2_NORMALIZATION"}
OTHER_SCALES = "CONCATENATION, other scales"


def pictures(model: ModelFile, count: int = 2, seed: int = 0) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.integers(0, 256, model.inputs[0].shape, np.uint8) for _ in range(count)]


def outputs(model: ModelFile, given: list[np.ndarray]) -> list[np.ndarray]:
    """Stored outputs, one after the other, as whole numbers counted from uint8's zero."""
    with open_engine(model) as engine:
        results = [engine.run(one if model.inputs[0].dtype == "uint8" else less_128(one)) for one in given]
    return [one.astype(np.int64) + 128 * (one.dtype == np.int8) if one.dtype.kind != "f" else one
            for result in results for one in result]  # fmt: skip


def less_128(values: np.ndarray) -> np.ndarray:
    return (values.astype(np.int16) - 128).astype(np.int8)


def assert_same(before: ModelFile, after: ModelFile, seed: int = 0) -> None:
    given = pictures(before, seed=seed)
    for one, other in zip(outputs(before, given), outputs(after, given), strict=True):
        np.testing.assert_array_equal(one, other)


def dtypes(model: ModelFile) -> set[str]:
    return {tensor.dtype for tensor in model.main.tensors}


def clipped(model: ModelFile) -> ModelFile:
    """The model with the weights that would not fit cut off."""
    tables = model.edit()
    for operator in model.ops:
        if operator.name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            spec = model.main.tensors[operator.inputs[1]]
            values = np.frombuffer(model.constant(spec), np.uint8).astype(int)
            low, high = spec.zero_point[0] - 127, spec.zero_point[0] + 127
            tables["buffers"][spec.buffer] = {"data": np.clip(values, low, high).astype(np.uint8).tobytes()}
    return ModelFile.build(tables, model.files, model.name)


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=examples(8))
@given(seed=st.integers(0, 2**32 - 1))
def test_every_operator_computes_the_same(name: str, seed: int):
    before = with_operator(CASES[name], seed)
    result = ALWAYS(before)
    after = result.model
    assert "int8" in dtypes(after)
    assert [spec._replace(buffer=0) for spec in after.inputs] == [spec._replace(buffer=0) for spec in before.inputs]
    assert_same(before, after, seed)
    if name in ROUNDS_OTHERWISE | {OTHER_SCALES}:
        assert result.left_alone
    else:
        assert result.left_alone == ()


@pytest.mark.parametrize("name", sorted(CASES.keys() - ROUNDS_OTHERWISE - {OTHER_SCALES}))
def test_nothing_stays_uint8_where_the_edges_may_change(name: str):
    before = with_operator(CASES[name], 5)
    after = Modernize(edges="int8")(before).model
    assert "uint8" not in dtypes(after)
    assert "QUANTIZE" not in {operator.name for operator in after.ops} or name == "QUANTIZE"
    assert_same(before, after)


@settings(max_examples=examples(25))
@given(seed=st.integers(0, 2**32 - 1))
def test_random_networks_compute_the_same(seed: int):
    """Chains, branches and joins of any operators, some of which stay uint8."""
    before = network(seed)
    assert_same(before, ALWAYS(before).model, seed)
    assert_same(before, Modernize(edges="int8", worth=0)(before).model, seed)
    assert_same(before, Modernize(lossless=True, worth=0)(before).model, seed)


@settings(max_examples=examples(25))
@given(seed=st.integers(0, 2**32 - 1))
def test_random_networks_whose_weights_do_not_fit_are_split_or_left_alone(seed: int):
    before = network(seed, spread=255)
    assert_same(before, Modernize(lossless=True, worth=0)(before).model, seed)
    assert_same(before, split(before).model, seed)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("depth", [3, 40])
def test_a_depthwise_convolution_and_its_reader_are_split(stride: int, depth: int):
    graph = Legacy(depth + stride, spread=255)
    source = graph.result((1, 9, 9, 3))
    values = graph.convolution(source, depth)
    side = -(-9 // stride)
    options = {"padding": SAME, "stride_w": stride, "stride_h": stride, "depth_multiplier": 1}
    values = graph.layer("DEPTHWISE_CONV_2D", values, (1, 3, 3, depth), (1, side, side, depth), **options)
    before = graph.build([source], [graph.convolution(values, 5, kernel=3)])
    result = Modernize(lossless=True, worth=0)(before)
    assert result.left_alone == ()
    assert result.changes[1].endswith("kept exactly")
    assert_same(before, result.model)


def test_a_depthwise_convolution_that_others_read_too_is_left_alone():
    """Its own column is wanted as well; it is named by its place in the file that was given."""
    graph = Legacy(7, spread=255)
    source = graph.result((1, 6, 6, 3))
    values = CASES["DEPTHWISE_CONV_2D"](graph, graph.convolution(source, 4))
    before = graph.build([source], [graph.convolution(values, 5), values])
    result = Modernize(lossless=True, worth=0)(before)
    assert [left.where for left in result.left_alone] == ["operator 1 (DEPTHWISE_CONV_2D)"]
    assert_same(before, result.model)


def test_real_files_are_exact_where_weights_are_split(shared_file):
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
    result = Modernize(lossless=True)(model)
    assert result.left_alone == ()
    assert result.changes[0].endswith("46 of them to split weights that need nine bits")
    assert result.model.size < 1.5 * model.size
    assert_same(model, result.model)
    assert_same(model, Modernize(lossless=True, edges="int8")(model).model)


@pytest.mark.parametrize("seed", [382, 531, 593, 1086, 1419])
def test_random_networks_are_ones_that_the_runtime_takes(seed: int):
    """Among 1,500 these had a HARD_SWISH whose result had too small a step for its kernel."""
    before = network(seed)
    assert outputs(before, pictures(before))


def network(seed: int, *, spread: int = 127) -> ModelFile:
    graph = Legacy(seed, spread=spread)
    source = graph.result((1, 6, 6, 4))
    made = [graph.convolution(source, 4, kernel=3)]
    steps = ["CONV_2D", "DEPTHWISE_CONV_2D", "ADD", "MUL by a constant", "AVERAGE_POOL_2D, padded", "MAX_POOL_2D",
             "LOGISTIC", "HARD_SWISH", OTHER_SCALES, "CONCATENATION"]  # fmt: skip
    for _ in range(int(graph.random.integers(2, 7))):
        made.append(CASES[str(graph.random.choice(steps))](graph, made[int(graph.random.integers(len(made)))]))
    ends = {made[-1], made[int(graph.random.integers(len(made)))]}
    return graph.build([source], sorted(ends))


@settings(max_examples=examples(15))
@given(seed=st.integers(0, 2**32 - 1))
def test_channels_that_do_not_fit_are_near_and_lossless_leaves_them(seed: int):
    before = with_operator(CASES["DEPTHWISE_CONV_2D"], seed, spread=255)
    after = ALWAYS(before).model
    given = pictures(before)
    for one, other in zip(outputs(before, given), outputs(after, given), strict=True):
        assert np.abs(one - other).mean() <= 2
    lossless = Modernize(lossless=True, worth=0)(before)
    assert_same(before, lossless.model, seed)
    for left in lossless.left_alone:
        assert left.where == "operator 1 (DEPTHWISE_CONV_2D)"
        assert left.reason.endswith("do not fit into -127 to 127 and would be rounded")


@pytest.mark.parametrize("depth", [1, 2, 6, 16])
@pytest.mark.parametrize("window", [(4, 4), (2, 4), (2, 2)])
def test_averages_whose_halves_are_many_are_the_same(depth: int, window: tuple[int, int]):
    """Over the whole picture and over windows, of small numbers around the zero point, on both kinds of kernels."""
    graph = Legacy(depth)
    source = graph.result((1, 4, 4, 3))
    values = graph.convolution(source, depth)
    graph.tensors[values]["quantization"] = quantized([1.0], [130])
    made = graph.result((1, 5 - window[0], 5 - window[1], depth), like=values)
    options = {"padding": VALID, "stride_w": 1, "stride_h": 1, "fused_activation_function": 0}
    sizes = {"filter_height": window[0], "filter_width": window[1]}
    graph.run("AVERAGE_POOL_2D", [values], [made], "Pool2DOptions", **options, **sizes)
    before = graph.build([source], [made])
    result = ALWAYS(before)
    assert result.left_alone == ()
    assert "AVERAGE_POOL_2D" not in {operator.name for operator in result.model.ops}
    for seed in range(10):
        assert_same(before, result.model, seed)


def test_only_the_edges_go_by_way_of_float():
    """There and back within the file, nothing: what is rewritten is joined."""
    after = ALWAYS(with_operator(CASES["AVERAGE_POOL_2D, even"], 1)).model
    names = [operator.name for operator in after.ops]
    assert names == ["DEQUANTIZE", "QUANTIZE", "CONV_2D", "DEPTHWISE_CONV_2D", "DEQUANTIZE", "QUANTIZE"]


def test_a_channel_is_kept_or_rounded_as_said():
    graph = Legacy(0)
    source = graph.result((1, 2, 2, 2), fixed=(0.5, 3))
    weights = np.array([[10, 200], [0, 227], [255, 100], [100, 100]], np.uint8).reshape(4, 1, 1, 2)
    kernel = graph.constant(weights, "uint8", quantization=quantized([0.25], [100]))
    bias = graph.constant([1000, 2000, -3001, 7], "int32", quantization=quantized([0.125], [0]))
    result = graph.result((1, 2, 2, 4))
    graph.run("CONV_2D", [source, kernel, bias], [result], "Conv2DOptions", stride_w=1, stride_h=1)
    after = ALWAYS(graph.build([source], [result])).model
    kernel_after, bias_after = (after.main.tensors[index] for index in (kernel, bias))
    coarser = 155 / 127
    values = np.frombuffer(after.constant(kernel_after), np.int8).reshape(4, 2)
    assert values.tolist() == [[-90, 100], [-100, 127], [127, 0], [0, 0]]
    assert kernel_after.scale == pytest.approx((0.25, 0.25, 0.25 * coarser, 0.25), rel=1e-6)
    assert (set(kernel_after.zero_point), kernel_after.axis) == ({0}, 0)
    assert bias_after.scale == pytest.approx([0.5 * scale for scale in kernel_after.scale], rel=1e-6)
    stored = np.frombuffer(after.constant(bias_after), "<i4")
    assert stored.tolist() == [1000, 2000, round(-3001 / coarser), 7]


def test_constants_in_several_uses_are_told_apart():
    """One kernel and one bias for two convolutions at different scales, and a constant both added and returned."""
    graph = Legacy(3)
    source = graph.result((1, 4, 4, 2))
    first = graph.convolution(source, 2)
    kernel, bias = graph.operators[0]["inputs"][1:]
    second = graph.result((1, 4, 4, 2))
    graph.run("CONV_2D", [first, kernel, bias], [second], "Conv2DOptions", stride_w=1, stride_h=1)
    constant = graph.constant(np.arange(2), "uint8", quantization=quantized([0.05], [9]))
    added = graph.result((1, 4, 4, 2))
    graph.run("ADD", [second, constant], [added], "AddOptions", fused_activation_function=0)
    before = graph.build([source], [added, constant])
    after = ALWAYS(before).model
    assert_same(before, after)
    assert after.outputs[1].dtype == "uint8"
    first_bias, second_bias = (after.main.tensors[one.inputs[2]] for one in after.ops if one.name == "CONV_2D")
    assert first_bias.scale != second_bias.scale
    kernels = {one.inputs[1] for one in after.ops if one.name == "CONV_2D"}
    assert len(kernels) == 1


def test_weights_that_are_also_added():
    graph = Legacy(8)
    source = graph.result((1, 4, 4, 2))
    values = graph.convolution(source, 2)
    kernel = graph.operators[0]["inputs"][1]
    graph.tensors[kernel]["quantization"] = quantized([0.01], [30])
    graph.tensors[kernel]["data"] = bytes([0, 255, 30, 90])
    result = graph.result((2, 4, 4, 2))
    graph.run("ADD", [values, kernel], [result], "AddOptions", fused_activation_function=0)
    before = graph.build([source], [result])
    after = ALWAYS(before).model
    multiplied, added = (after.main.tensors[one.inputs[1]] for one in after.ops if one.name in ("CONV_2D", "ADD"))
    assert (len(multiplied.scale), added.scale, added.zero_point) == (2, before.main.tensors[kernel].scale, (30 - 128,))
    assert np.frombuffer(after.constant(added), np.int8).tolist() == [-128, 127, -98, -38]


def test_one_bias_for_weights_that_fit_and_others_that_do_not():
    """Their products of scales agree by chance, and the bias must still be two."""
    graph = Legacy(9)
    source = graph.result((1, 4, 4, 1), fixed=(0.5, 0))
    bias = graph.constant([1000], "int32", quantization=quantized([0.05], [0]))
    outside = graph.constant([[[[254]]]], "uint8", quantization=quantized([0.1], [0]))  # becomes 127 at 0.2
    inside = graph.constant([[[[100]]]], "uint8", quantization=quantized([0.1], [0]))
    first, second = graph.result((1, 4, 4, 1), fixed=(1.0, 0)), graph.result((1, 4, 4, 1), fixed=(4.0, 0))
    graph.run("CONV_2D", [source, outside, bias], [first], "Conv2DOptions", stride_w=1, stride_h=1)
    graph.run("CONV_2D", [first, inside, bias], [second], "Conv2DOptions", stride_w=1, stride_h=1)
    after = ALWAYS(graph.build([source], [second])).model
    biases = [after.main.tensors[one.inputs[2]] for one in after.ops if one.name == "CONV_2D"]
    assert [one.scale for one in biases] == [pytest.approx((0.1,)), pytest.approx((0.1,))]
    assert [np.frombuffer(after.constant(one), "<i4")[0] for one in biases] == [500, 1000]


def test_one_buffer_behind_two_tensors_serves_both():
    """Weights that a rewritten convolution reads, and bytes of the same buffer that an operator in uint8 reads."""
    graph = Legacy(4)
    source = graph.result((1, 4, 4, 2))
    values = graph.convolution(source, 2)
    kernel = graph.operators[0]["inputs"][1]
    graph.tensors.append({**graph.tensors[kernel], "name": "alias"})
    alias = len(graph.tensors) - 1
    other = graph.result((2, 1, 1, 2))
    graph.run("DIV", [alias, alias], [other], "DivOptions")
    before = graph.build([source], [values, other])
    tables = before.edit()
    tensors = tables["subgraphs"][0]["tensors"]
    tensors[alias]["buffer"] = tensors[kernel]["buffer"]
    shared = ModelFile.build(tables, {})
    result = ALWAYS(shared)
    assert [left.where for left in result.left_alone] == ["operator 1 (DIV)"]
    assert_same(shared, result.model)


@pytest.mark.parametrize("edges", ["keep", "int8"])
def test_an_input_that_both_worlds_read(edges: Any):
    graph = Legacy(6)
    source = graph.result((1, 6, 6, 3))
    values = graph.convolution(source, 4)
    kept = graph.result((1, 6, 6, 3))
    graph.run("DIV", [source, source], [kept], "DivOptions")
    before = graph.build([source], [values, kept])
    after = Modernize(edges=edges, worth=0)(before).model
    assert after.inputs[0].index == before.inputs[0].index
    assert after.inputs[0].dtype == ("uint8" if edges == "keep" else "int8")
    assert after.outputs[1].dtype == "uint8"
    assert_same(before, after)


def test_a_fixed_scale_that_is_another_is_left_alone():
    add = CASES["LOGISTIC"]
    graph = Legacy(1)
    source = graph.result((1, 4, 4, 2))
    result = add(graph, graph.convolution(source, 2))
    graph.tensors[result]["quantization"] = quantized([1 / 128], [0])
    (left,) = ALWAYS(graph.build([source], [result])).left_alone
    assert left.reason.startswith("its result has not the scale 0.00390625 and zero point 0")


def unquantized(graph: Legacy, source: int) -> int:
    made = graph.add(tensor(graph.shape(source), "uint8"))
    return graph.run("RESHAPE", [source, graph.integers(graph.shape(source))], [made], "ReshapeOptions")


def custom(graph: Legacy, source: int) -> int:
    return graph.run("unheard_of", [source], [graph.result(graph.shape(source))])


def shuffled(graph: Legacy, source: int) -> int:
    made = CASES["FULLY_CONNECTED"](graph, source)
    graph.operators[-1]["builtin_options"][1]["weights_format"] = 1
    return made


def moving_weights(graph: Legacy, source: int) -> int:
    flat = graph.run("RESHAPE", [source, graph.integers([1, -1])], [graph.result((1, 1), like=source)])
    size = int(np.prod(graph.shape(source)))
    graph.tensors[flat]["shape"] = [1, size]
    return graph.run("FULLY_CONNECTED", [flat, flat, -1], [graph.result((1, 1))], "FullyConnectedOptions")


@pytest.mark.parametrize(
    ("add", "reason"),
    [
        (unquantized, "one of its uint8 tensors has no scale"),
        (custom, "a custom operator: what its kernel takes is unknown"),
        (shuffled, "its weights are stored in shuffled order"),
        (moving_weights, "its weights are not in the file"),
        (lambda graph, source: graph.run("FLOOR", [source], [graph.result(graph.shape(source))]), "no int8 form of it"),
    ],
)
def test_operators_left_alone_have_a_reason(add: Callable[[Legacy, int], int], reason: str):
    before = with_operator(add, 2)
    result = ALWAYS(before)
    assert any(left.reason.startswith(reason) for left in result.left_alone)
    assert "int8" in dtypes(result.model), "the convolution before it is rewritten all the same"


def test_what_would_only_cost_is_left_alone():
    before = with_operator(CASES["LOGISTIC"], 1)
    result = Modernize()(before)
    assert result.model is before
    assert result.changes == ()
    assert len(result.left_alone) == len(before.ops)
    assert all(left.reason.startswith("nothing to gain: ") for left in result.left_alone)
    assert {left.kind for left in result.left_alone} == {"nothing to gain"}


@pytest.mark.parametrize("name", REAL)
def test_real_files_are_exact_where_all_channels_fit(shared_file, name: str):
    model = clipped(ModelFile.read(shared_file(f"models/{name}.tflite")))
    after = Modernize()(model).model
    assert dtypes(after) > dtypes(model)
    assert_same(model, after)
    assert_same(model, Modernize(lossless=True)(model).model)


@pytest.mark.parametrize("name", REAL)
def test_real_files_answer_alike(shared_file, name: str):
    model = ModelFile.read(shared_file(f"models/{name}.tflite"))
    result = rewrite(model, [Modernize()])
    assert re.fullmatch(r"modernize: \d+ of \d+ channels of weights kept exactly, \d+ rounded", result.changes[1])
    given = [shared_file(f"images/{one}") for one in ("cat.bmp", "grace_hopper.bmp", "sunflower.bmp")]
    proof = rewriting_proof(model, result.model, given, samples=3)
    assert proof.rewrite.agreement.sound
    assert not proof.vacuous
    assert all(output.top1 is None or output.top1 >= 0.5 for output in proof.rewrite.agreement.outputs)


def test_metadata_files_and_provenance_survive(shared_file):
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
    after = rewrite(model, [Modernize()]).model
    assert after.files.keys() >= model.files.keys()
    assert dataclasses.replace(after.metadata, provenance=None) == model.metadata
    assert after.metadata.provenance.steps[0]["changes"][0] == "modernize: 31 of 31 operators on uint8 compute in int8"


@pytest.mark.parametrize("name", ["mobilenet_v1_0.25_128_quant", "deeplabv3_mnv2_pascal_quant"])
def test_a_signed_input_takes_the_same_pictures(shared_file, name: str):
    """With metadata and without: each byte goes in less 128."""
    before = ModelFile.read(shared_file(f"models/{name}.tflite"))
    result = Modernize(edges="int8")(before)
    after = result.model
    assert after.inputs[0].dtype == "int8"
    assert result.changes[2].startswith(repr(before.inputs[0].name))
    described = after.metadata.inputs[0]
    prepare = Preparation.of(after.inputs[0], described)
    every_byte = np.arange(256, dtype=np.uint8)
    size = prepare.size
    picture = np.resize(every_byte, (*size, 3))
    np.testing.assert_array_equal(prepare.tensor(picture)[0], less_128(picture))


@pytest.mark.parametrize(
    "name", ["movenet_single_pose_lightning_ptq", "yamnet", "mobilenet_v1_0.25_224_float", "movie_review"]
)
def test_files_that_are_not_legacy_come_back_as_they_are(shared_file, name: str):
    model = ModelFile.read(shared_file(f"models/{name}.tflite"))
    result = Modernize()(model)
    assert result.model is model
    assert result.left_alone == ()


def test_files_for_the_edge_tpu_are_left_alone(shared_file):
    model = ModelFile.read(shared_file("models/deeplabv3_mnv2_pascal_quant_edgetpu.tflite"))
    result = Modernize()(model)
    assert result.model is model
    assert [left.where for left in result.left_alone] == ["the whole file"]


def test_a_second_time_changes_nothing(shared_file):
    once = Modernize()(ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))).model
    again = Modernize()(once)
    assert again.model is once


def test_wrong_edges_are_refused():
    with pytest.raises(UsageError, match="there are keep, int8"):
        Modernize(edges="uint16")  # type: ignore[arg-type]


def test_the_guarantee_says_what_lossless_changes():
    assert Modernize(lossless=True).guarantee.startswith("exact on")
    assert "fit" in Modernize().guarantee
