"""`check` of ONNX files: values under their names beside the tensors of the file, and operators by their nodes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgewright.check import check_layers, check_source
from edgewright.convert.sources.onnx.graphs.editing import rename

from ..torch.workbench import converted
from .graphs import graph

pytestmark = pytest.mark.usefixtures("onnx_environment")

# As many channels as rows and columns: no shape says which layout a map has.
_NODES = """
    conv = Conv<pads=[1,1,1,1]>(x, w)
    norm = BatchNormalization(conv, s, s, b, s)
    relu = Relu(norm)
    pool = MaxPool<kernel_shape=[3,3], pads=[1,1,1,1]>(relu)
    second = Conv<pads=[1,1,1,1]>(pool, v)
    gate = Sigmoid(second)
    mean = GlobalAveragePool(gate)
    flat = Flatten(mean)
    y = MatMul(flat, m)
"""


def network(path: Path, turned: float = 1) -> Path:
    generator = np.random.default_rng(1)
    weights = {name: generator.normal(0, 0.3, (8, 8, 3, 3)).astype(np.float32) for name in "wv"}
    weights["v"] *= turned
    vectors = {"s": np.linspace(0.5, 2, 8, dtype=np.float32), "b": np.linspace(-1, 1, 8, dtype=np.float32)}
    path.write_bytes(graph("float[1,8,8,8] x", "float y", _NODES, **weights, **vectors, m=(8, 3)).SerializeToString())
    return path


def test_layers_are_compared_under_the_names_of_their_values(tmp_path):
    path = network(tmp_path / "net.onnx")
    report = check_layers(path, converted(path).data)
    assert report.agrees
    found = [layer.layer for layer in report.layers if not layer.output]
    assert found == ["relu", "pool", "second", "gate", "mean", "flat"]
    assert min(layer.agreement.snr_db for layer in report.layers) > 100


def test_the_first_layer_that_differs_is_found(tmp_path):
    model = converted(network(tmp_path / "other.onnx", turned=-1)).data
    report = check_layers(network(tmp_path / "net.onnx"), model)
    assert report.first is not None
    assert report.first.layer == "second"


def test_what_the_simplifier_computes_into_a_layer_is_compared_as_what_it_is(tmp_path):
    """Its weights take in the normalization, and the value that came before keeps its name."""
    nodes = "conv = Conv<pads=[1,1,1,1]>(x, w) norm = BatchNormalization(conv, s, s, b, s) y = Erf(norm)"
    vectors = {"s": np.linspace(0.5, 2, 4, dtype=np.float32), "b": np.linspace(-1, 1, 4, dtype=np.float32)}
    path = tmp_path / "net.onnx"
    path.write_bytes(graph("float[1,3,8,8] x", "float y", nodes, w=(4, 3, 3, 3), **vectors).SerializeToString())
    report = check_layers(path, converted(path).data)
    assert report.agrees
    assert [layer.layer for layer in report.layers if not layer.output] == ["norm"]


def test_layers_as_pytorch_exports_them(tmp_path):
    """The converter writes names that begin with a slash in another way."""
    model = graph(
        "float[1,3,8,8] x", "float y", "a = Conv<pads=[1,1,1,1]>(x, w) b = Sigmoid(a) y = Mul(a, b)", w=(4, 3, 3, 3)
    )
    names = {"a": "/stem/conv/Conv_output_0", "b": "/stem/act/Sigmoid_output_0"}
    for node in model.graph.node:
        node.name = names.get(node.output[0], "/stem/act/Mul").removesuffix("_output_0")
    rename(model.graph, names)
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    report = check_layers(tmp_path / "net.onnx", converted(tmp_path / "net.onnx").data)
    assert [layer.layer for layer in report.layers if not layer.output] == list(names.values())


def test_a_model_of_any_size_is_compared_in_the_size_that_its_exporter_noted(tmp_path):
    model = graph("float[1,3,H,W] x", "float y", "a = Conv<pads=[1,1,1,1]>(x, w) y = Sigmoid(a)", w=(4, 3, 3, 3))
    for key, value in {"task": "detect", "imgsz": "[8, 16]", "names": "{0: 'cat'}", "stride": "8"}.items():
        model.metadata_props.add(key=key, value=value)
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    report = check_layers(tmp_path / "net.onnx", converted(tmp_path / "net.onnx", input_shape=(1, 8, 16, 3)).data)
    assert [layer.layer for layer in report.layers] == ["a", "y"]


def test_check_names_operators_by_their_nodes(tmp_path):
    model = graph("float[8] x", "float y", "u = Unique(x) y = Neg(u)")
    model.graph.node[0].name = "once/each"
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    report = check_source(tmp_path / "net.onnx")
    assert [(problem.operator, problem.place) for problem in report.problems] == [("onnx.Unique", "layer once/each")]
