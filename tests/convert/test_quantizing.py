"""What a source lowers to in float is quantized by the room: proven in float first, then as what was asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgewright.errors import ConversionError, MissingExtraError, ToleranceError
from edgewright.model import ModelFile

from ..model.builders import model, operator, raw, subgraph, tensor
from ..optimize.networks import dense
from .float_source import FloatModel, proven

pytestmark = pytest.mark.filterwarnings("ignore:.*experimental_preserve_all_tensors.*")

WIDTH = 48


@pytest.fixture(scope="module")
def network() -> ModelFile:
    """Three layers of random weights."""
    random = np.random.default_rng(0)
    shapes = [(WIDTH, WIDTH), (WIDTH, WIDTH), (10, WIDTH)]
    layers = [
        (random.normal(0, 0.2, shape).astype("f4"), random.normal(0, 0.1, shape[0]).astype("f4")) for shape in shapes
    ]
    return dense(layers)


@pytest.fixture(scope="module")
def real() -> list[np.ndarray]:
    return list(np.random.default_rng(1).uniform(-1, 1, (20, 1, WIDTH)).astype(np.float32))


@pytest.mark.parametrize(("kind", "least_db", "mark"), [("float16", 60, "float16"), ("dynamic", 25, "int8")])
def test_weights_are_made_smaller_without_data(network, tmp_path, kind, least_db, mark):
    product = proven(FloatModel(network), tmp_path, quantize=kind)
    made = ModelFile.read(product.data)
    assert mark in {spec.dtype for spec in made.main.tensors}
    assert product.agreement.outputs[0].snr_db > least_db
    assert "litert-quantizer" in product.tools
    assert made.inputs[0].dtype == "float32"


@pytest.mark.parametrize("edges", ["float32", "int8", "uint8"])
def test_int8_is_measured_on_the_data_and_has_the_edges_that_are_asked_for(network, real, tmp_path, edges):
    product = proven(FloatModel(network), tmp_path, quantize="int8", io_dtype=edges, representative_data=real)
    made = ModelFile.read(product.data)
    assert made.inputs[0].dtype == made.outputs[0].dtype == edges
    assert product.agreement.outputs[0].snr_db > 25
    assert product.notices == ()


def test_a_float_error_is_not_hidden_by_the_tolerance_of_int8(network, real, tmp_path):
    """10 dB is within int8's tolerance, and a source that was lowered to something else."""
    tables = network.edit()
    weights = next(spec for spec in network.main.tensors if spec.name == "bias2")
    tables["buffers"][weights.buffer] = {"data": (np.frombuffer(network.constant(weights), "f4") + 0.2).tobytes()}
    other = ModelFile.build(tables, {}, "other.tflite")
    with pytest.raises(ToleranceError, match="at least 60 dB is required"):
        proven(FloatModel(network, other), tmp_path, quantize="int8", representative_data=real)


def test_several_inputs_are_measured_together(real, tmp_path):
    product = proven(
        FloatModel(sum_and_sine()), tmp_path, quantize="int8", representative_data=[(x, 3 * x) for x in real]
    )
    made = ModelFile.read(product.data)
    assert [spec.name for spec in made.inputs] == ["a", "b"]
    assert product.agreement.outputs[0].snr_db > 20


def test_operators_that_stay_in_float_are_named(real, tmp_path):
    product = proven(
        FloatModel(sum_and_sine()), tmp_path, quantize="int8", representative_data=[(x, 3 * x) for x in real]
    )
    (notice,) = product.notices
    assert "operators stay in float, because they have no int8 form: 1 SIN" in notice


def sum_and_sine() -> ModelFile:
    """a + b, and the sine of it, for which there is no integer kernel."""
    tensors = [tensor([1, WIDTH], name=name) for name in ("a", "b", "sum", "sine")]
    operators = [operator("ADD", [0, 1], [2], ("AddOptions", {})), operator("SIN", [2], [3])]
    tables = model(subgraph(tensors, operators, [0, 1], [2, 3]))
    return ModelFile.build(ModelFile.read(raw(tables)).edit(), {}, "two.tflite")


def test_nothing_to_quantize_is_said(tmp_path):
    tensors = [tensor([1, WIDTH], name=name) for name in ("x", "y")]
    tables = model(subgraph(tensors, [operator("SIN", [0], [1])], [0], [1]))
    sine = ModelFile.build(ModelFile.read(raw(tables)).edit(), {}, "sine.tflite")
    with pytest.raises(ConversionError, match="changed nothing: it covers no operator of the model"):
        proven(FloatModel(sine), tmp_path, quantize="dynamic")


def test_without_the_quantizer_the_extra_is_named_before_the_work(network, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'edgewright\[optimize\]'"):
        proven(FloatModel(network), tmp_path, quantize="float16")
