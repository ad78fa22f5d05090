"""ONNX files become model files that are proven: names, layouts, sizes, published networks, and what is refused."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.convert.sources.onnx.lowering import job
from edgewright.errors import ToleranceError, UnsupportedOperatorError, UsageError
from edgewright.evaluate import Runner, compare
from edgewright.model import ModelFile

from ..torch.workbench import converted
from .graphs import graph

pytestmark = pytest.mark.usefixtures("onnx_environment")


def written(folder: Path, *args: Any, **weights: Any) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(graph(*args, **weights).SerializeToString())
    return path


def published(path: str) -> Path:
    package, _, rest = path.partition("/")
    found = find_spec(package)
    assert found is not None
    return Path(found.submodule_search_locations[0]) / rest


def shapes(data: bytes) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    model = ModelFile.read(data)
    return {port.name: port.shape for port in model.inputs}, {port.name: port.shape for port in model.outputs}


def test_pictures_are_channels_last_and_everything_else_stays_as_it_is(tmp_path):
    nodes = "y = Conv<pads=[1,1,1,1]>(x, w) half = MaxPool<kernel_shape=[2,2], strides=[2,2]>(x) t = Neg(s)"
    ports = "float[N,3,H,W] x, float[1,2,6] s", "float y, float half, float t"
    path = written(tmp_path, *ports, nodes, w=(4, 3, 3, 3))
    untouched = path.read_bytes()
    product = converted(path, input_shape={"x": (1, 8, 10, 3)})
    assert shapes(product.data) == (
        {"x": (1, 8, 10, 3), "s": (1, 2, 6)},
        {"y": (1, 8, 10, 4), "half": (1, 3, 4, 5), "t": (1, 2, 6)},
    )
    assert path.read_bytes() == untouched


def test_a_picture_that_comes_out_is_used_inside_as_well(tmp_path):
    nodes = "y = Conv<pads=[1,1,1,1]>(x, w) r = Relu(y) half = MaxPool<kernel_shape=[2,2], strides=[2,2]>(y)"
    path = written(tmp_path, "float[1,3,8,8] x", "float y, float half, float r", nodes, w=(4, 3, 3, 3))
    outputs = shapes(converted(path).data)[1]
    assert outputs == {"y": (1, 8, 8, 4), "half": (1, 4, 4, 4), "r": (1, 8, 8, 4)}


def test_an_input_and_its_turned_copy_have_two_names(tmp_path):
    nodes = "y = Conv<pads=[1,1,1,1]>(x, w)"
    product = converted(written(tmp_path, "float[1,3,8,8] x", "float y", nodes, w=(4, 3, 3, 3)), keep_nchw=True)
    names = [tensor.name for tensor in ModelFile.read(product.data).main.tensors]
    assert (names.count("x"), names.count("y")) == (1, 1)


def test_names_that_mean_something_to_the_converter_are_kept(tmp_path):
    model = graph("float[1,4] x, float[1,4] z", "float y", "y = Add(x, z)")
    for part, name in ((model.graph.input[0], "serving_default_x:0"), (model.graph.output[0], "../y:1")):
        old, part.name = part.name, name
        for names in (model.graph.node[0].input, model.graph.node[0].output):
            for place, found in enumerate(names):
                names[place] = name if found == old else found
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    inputs, outputs = shapes(converted(tmp_path / "model.onnx").data)
    assert (list(inputs), list(outputs)) == (["serving_default_x:0", "z"], ["../y:1"])


def test_a_free_batch_and_unknown_outputs_are_wrong_usage(tmp_path):
    path = written(tmp_path, "float[N,4] x", "float y", "y = Neg(x)")
    with pytest.raises(UsageError, match="fixed sizes only"):
        converted(path, dynamic_batch=True)
    with pytest.raises(UsageError, match=r"no output 'z'\. Its outputs are: y"):
        converted(path, outputs="z")


@pytest.mark.parametrize(
    ("nodes", "operator"),
    [("u = Unique(x) y = Neg(u)", "onnx.Unique"), ("r = RandomNormalLike(x) y = Add(x, r)", "onnx.RandomNormalLike")],
)
def test_what_cannot_convert_is_refused_by_operator_and_node(nodes, operator, tmp_path):
    with pytest.raises(UnsupportedOperatorError, match=operator) as caught:
        converted(written(tmp_path, "float[8] x", "float y", nodes), representative_data=[np.arange(8.0)] * 2)
    assert "Instead: " in str(caught.value)


MISCOMPILED = {
    "second run of a recurrent layer": (
        "float[6,1,8] x", "float y", "y = LSTM<hidden_size=5>(x, w, r)", {"w": (1, 20, 8), "r": (1, 20, 5)},
    ),
    "antialiased": (
        "float[1,2,16,16] x", "float y", 'y = Resize<mode="linear", antialias=1>(x, , s)',
        {"s": np.array([1, 1, 0.5, 0.5], np.float32), "opset": 18},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MISCOMPILED.values(), ids=MISCOMPILED)
def test_what_the_converter_gets_wrong_is_repaired_and_without_the_repair_not_proven(case, tmp_path, monkeypatch):
    *ports, weights = case
    path = written(tmp_path, *ports, **weights)
    product = converted(path, keep_nchw=True)
    assert min(output.snr_db for output in product.agreement.outputs) > 100
    monkeypatch.setattr(job, "repaired", lambda model, name: ())
    with pytest.raises(ToleranceError):
        converted(path, keep_nchw=True)


def test_basic_pitch_is_the_same_network_from_onnx_from_a_saved_model_and_as_its_authors_converted_it():
    """Not beside a run by onnxruntime: on pure tones it is at 70 dB, for the logarithm of what cancels out is noise."""
    folder = published("basic_pitch/saved_models/icassp_2022")
    files = [converted(folder / "nmp.onnx").data, converted(folder / "nmp").data, (folder / "nmp.tflite").read_bytes()]
    results = [heard(ModelFile(data, "nmp.tflite"), sounds()) for data in files]
    for one, other in combinations(results, 2):
        first, second = by_size(one), by_size(other)
        assert min(output.snr_db for output in compare(first, second).outputs) >= 110


def by_size(results: list[list[np.ndarray]]) -> list[list[np.ndarray]]:
    """In one order: the contour is wider, and onsets are rarer than notes."""
    order = np.lexsort([[-output.mean() for output in results[-1]], [output.size for output in results[-1]]])
    return [[outputs[place] for place in order] for outputs in results]


def sounds() -> list[np.ndarray]:
    """Two seconds of noise, of a chord, and of a voice-like glide with its overtones, at 22,050 Hz."""
    time = np.arange(43844) / 22050
    chord = sum(np.sin(2 * np.pi * pitch * time) for pitch in (220, 277, 330)) * np.exp(-2 * time) / 5
    glide = sum(np.sin(2 * np.pi * k * (110 * time + 20 * time**2)) / k for k in range(1, 20)) / 4
    noise = np.random.default_rng(2).normal(0, 0.2, len(time))
    return [sound.reshape(1, -1, 1).astype(np.float32) for sound in (noise, chord, glide)]


def heard(model: ModelFile, given: list[np.ndarray]) -> list[list[np.ndarray]]:
    with Runner(model) as run:
        return [run([sound]) for sound in given]


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("silero_vad/data/silero_vad_openvino_16k.onnx", {}),
        ("rapidocr/models/ch_ppocr_mobile_v2.0_cls_mobile.onnx", {"input_shape": (1, 48, 192, 3)}),
        ("onnxruntime/datasets/logreg_iris.onnx", {}),
    ],
    ids=["speech", "upside down", "iris"],
)
def test_published_networks(path, options):
    product = converted(published(path), **options)
    assert min(output.snr_db for output in product.agreement.outputs) > 100
