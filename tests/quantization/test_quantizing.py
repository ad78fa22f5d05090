"""Candidates really made: they load, run, and keep what the file said of itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.errors import DataError, QuantizationError, UnchangedError
from edgewright.evaluate import Runner, agreement
from edgewright.machine import run_in_child
from edgewright.model import ModelFile
from edgewright.optimize import CANDIDATES
from edgewright.optimize.children import make_candidate
from edgewright.quantization import Calibration, Recipe, calibrate, quantize, require_float, with_unique_names
from edgewright.rewrite import rewrite

from ..model.builders import model, operator, subgraph, tensor
from ..optimize.networks import dense, fitted

# The quantizer's interpreter keeps all activations, and says each time what that costs.
pytestmark = pytest.mark.filterwarnings("ignore:.*experimental_preserve_all_tensors.*")

INT8 = Recipe("int8", "int8")


@pytest.fixture
def calibration(shallow: ModelFile, fashion: tuple[np.ndarray, np.ndarray]) -> Calibration:
    return calibrate(shallow, list(fashion[0][:50]))


# In dB. The network's last layer comes from least squares, whose weights 4 bits hold badly: measured were 6 and 9 for
# int4, and 29 to 69 for all others.
SNR_AT_LEAST = {"int4": 5, "other": 20}


@pytest.mark.parametrize("recipe", CANDIDATES, ids=lambda one: one.name)
def test_every_candidate_of_a_dense_network_computes_about_the_same(
    recipe: Recipe, shallow: ModelFile, calibration: Calibration, fashion: tuple[np.ndarray, np.ndarray]
):
    made = quantize(shallow, recipe, calibration)
    assert made.size < 0.6 * shallow.size
    assert made.inputs[0].dtype == made.outputs[0].dtype == recipe.io_dtype
    assert made.metadata == shallow.metadata
    assert made.sealed
    found = agreement(shallow, made, fashion[0][50:90])
    assert found.sound
    assert found.outputs[0].snr_db > SNR_AT_LEAST["int4" if recipe.kind.endswith("int4") else "other"]


def test_associated_files_are_put_back_as_they_were(shared_file: Callable[[str], Path]):
    model = rewrite(ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float_metadata.tflite"))).model
    made = quantize(model, Recipe("int8 weights", "weights-int8", corrected=False))
    assert dict(made.files) == dict(model.files)
    assert made.metadata == model.metadata


def test_operators_that_are_kept_stay_in_float(shallow: ModelFile, calibration: Calibration):
    made = quantize(shallow, INT8.keeping([1]), calibration)
    weights = [made.main.tensors[op.inputs[1]].dtype for op in made.ops if op.name == "FULLY_CONNECTED"]
    assert weights == ["int8", "float32", "int8"]  # its weights are float16 in the file, behind a DEQUANTIZE
    assert "float16" in {tensor.dtype for tensor in made.main.tensors}


def test_operators_can_be_lifted_from_4_bits_to_8(shallow: ModelFile, calibration: Calibration):
    recipe = Recipe("int4", "dynamic-int4", kept_as="int8").keeping([2])
    made = quantize(shallow, recipe, calibration)
    assert [made.main.tensors[op.inputs[1]].dtype for op in made.ops] == ["int4", "int4", "int8"]


def test_the_last_operator_can_be_kept_though_the_output_has_its_name(shallow: ModelFile, calibration: Calibration):
    made = quantize(shallow, Recipe("edges", "int8", "uint8").keeping([2]), calibration)
    assert made.outputs[0].dtype == "uint8"
    assert made.ops[-1].name == "QUANTIZE"


def test_ranges_are_the_extremes_of_all_samples(shallow: ModelFile, fashion: tuple[np.ndarray, np.ndarray]):
    samples = list(fashion[0][:20])
    measured = calibrate(shallow, samples).ranges("extremes")["layer2"]
    with Runner(shallow) as run:
        outputs = np.array([run(sample)[0] for sample in samples])
    assert measured["min"] == pytest.approx(outputs.min(), rel=1e-5)
    assert measured["max"] == pytest.approx(outputs.max(), rel=1e-5)


def test_trimmed_ranges_lie_inside_the_extremes(calibration: Calibration):
    wide, narrow = calibration.ranges("extremes"), calibration.ranges("trimmed")
    assert all(wide[name]["min"] <= narrow[name]["min"] <= narrow[name]["max"] <= wide[name]["max"] for name in wide)
    assert narrow["layer2"]["max"] < wide["layer2"]["max"]


def test_a_calibration_survives_saving(calibration: Calibration, tmp_path: Path):
    loaded = Calibration.load(calibration.save(tmp_path / "c.npz"))
    assert loaded.names == calibration.names
    assert np.array_equal(loaded.lows, calibration.lows)
    assert np.array_equal(loaded.highs, calibration.highs)
    assert loaded.means.keys() == calibration.means.keys() == {0, 1, 2}
    assert all(np.array_equal(loaded.means[index], calibration.means[index]) for index in range(3))


def test_samples_of_another_shape_are_refused(shallow: ModelFile):
    with pytest.raises(DataError, match=r"\[1, 784\], given \[28, 28\]"):
        calibrate(shallow, [np.zeros((28, 28), np.float32)])


def test_samples_with_another_number_of_inputs_are_refused(shallow: ModelFile):
    sample = np.zeros(shallow.inputs[0].shape, np.float32)
    with pytest.raises(DataError, match="takes 1 inputs, and a sample has 2 arrays"):
        calibrate(shallow, [[sample, sample]])


def test_one_of_a_batch_of_two_is_refused():
    twice = tensor([2, 4], name="in"), tensor([2, 4], name="out")
    pair = rewrite(ModelFile.build(model(subgraph(twice, [operator("ABS", [0], [1])], [0], [1])), {})).model
    with pytest.raises(DataError, match=r"has the shape \[2, 4\], given \[4\]"):
        calibrate(pair, [np.zeros(4, np.float32)])


def test_a_model_without_signature_is_told_what_to_do(fashion: tuple[np.ndarray, np.ndarray]):
    with pytest.raises(QuantizationError, match="rewrite"):
        calibrate(dense(fitted(*fashion, depth=2), signature=False), [fashion[0][0]])


def test_a_model_that_cannot_run_here_is_reported_in_one_line(shared_file: Callable[[str], Path]):
    model = rewrite(ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant_edgetpu.tflite"))).model
    with pytest.raises(QuantizationError, match=r"cannot be run here: .*custom op") as caught:
        calibrate(model, [np.zeros(model.inputs[0].shape, np.uint8)])
    assert "\n" not in str(caught.value)


def test_infinite_activations_are_reported_by_name(fashion: tuple[np.ndarray, np.ndarray]):
    layers = [
        (np.full((4, 784), 3e38, np.float32), np.zeros(4, np.float32)),
        (np.ones((2, 4), np.float32), np.zeros(2, np.float32)),
    ]
    with pytest.raises(QuantizationError, match="infinite"):
        calibrate(dense(layers), [fashion[0][0]])


def test_tensors_without_names_do_not_stop_the_quantizer(fashion: tuple[np.ndarray, np.ndarray]):
    model = dense(fitted(*fashion, depth=2), names=False)
    made = quantize(model, INT8.keeping([0]), calibrate(model, list(fashion[0][:5])))
    assert [made.main.tensors[op.inputs[1]].dtype for op in made.ops if op.name == "FULLY_CONNECTED"] == [
        "float32",
        "int8",
    ]


def test_good_names_stay(shallow: ModelFile):
    assert with_unique_names(shallow) is shallow


def test_a_recipe_that_changed_nothing_is_reported_as_that(shallow: ModelFile, calibration: Calibration):
    with pytest.raises(UnchangedError, match="int8 changed nothing"):
        quantize(shallow, Recipe("int8", "int8", kept_as="float32").keeping([0, 1, 2]), calibration)


def test_a_quantized_model_is_refused_in_one_line(shared_file: Callable[[str], Path]):
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
    with pytest.raises(QuantizationError, match="is quantized already"):
        require_float(model)


def test_a_child_makes_a_candidate_and_keeps_what_the_quantizer_prints(
    shallow: ModelFile, calibration: Calibration, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    model, ranges = shallow.save(tmp_path / "model.tflite"), calibration.save(tmp_path / "ranges.npz")
    size = run_in_child(make_candidate, model, INT8, ranges, tmp_path / "made.tflite", timeout=120)
    assert ModelFile.read(tmp_path / "made.tflite").size == size
    assert capfd.readouterr().out == ""


def test_calibration_runs_the_signature_of_what_runs_whichever_comes_first():
    def layer(width: int) -> dict[str, Any]:
        weights = np.ones((4, width), "<f4")
        tensors = [
            tensor([1, width], name="in"),
            tensor(weights.shape, data=weights.tobytes(), name="weights"),
            tensor([4], data=bytes(16), name="bias"),
            tensor([1, 4], name="out"),
        ]
        options = ("FullyConnectedOptions", {"fused_activation_function": 0})
        return subgraph(tensors, [operator("FULLY_CONNECTED", [0, 1, 2], [3], options)], [0], [3])

    def signature(key: str, number: int) -> dict[str, Any]:
        ends = {"inputs": [{"name": "x", "tensor_index": 0}], "outputs": [{"name": "y", "tensor_index": 3}]}
        return {"signature_key": key, "subgraph_index": number, **ends}

    two = model(layer(6), layer(5), signature_defs=[signature("other", 1), signature("main", 0)])
    found = calibrate(ModelFile.build(two, {}), [np.ones((1, 6), np.float32)])
    assert found.ranges("extremes")["out"]["max"] == pytest.approx([6])


def test_a_layer_whose_weights_are_computed_is_quantized_too():
    bias = np.ones(4, "<f4").tobytes()
    tensors = [
        tensor([3, 6], name="in"),
        tensor([4, 6], name="weights"),
        tensor([4], data=bias, name="bias"),
        tensor([3, 4], name="out"),
    ]
    options = ("FullyConnectedOptions", {"fused_activation_function": 0})
    graph = subgraph(tensors, [operator("FULLY_CONNECTED", [0, 1, 2], [3], options)], [0, 1], [3])
    source = rewrite(ModelFile.build(model(graph), {})).model
    random = np.random.default_rng(1)
    samples = [[random.normal(size=spec.shape).astype(np.float32) for spec in source.inputs] for _ in range(3)]
    made = quantize(source, Recipe("r", "int8", "int8"), calibrate(source, samples))
    assert [spec.dtype for spec in (*made.inputs, *made.outputs)] == ["int8"] * 3
