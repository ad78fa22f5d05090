"""ONNX files are recognized by their content and read with care: what is hostile or damaged is one line."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, external_data_helper, helper

from edgewright.convert.sources.onnx.ports import require_tensors
from edgewright.convert.sources.onnx.reading import read_model
from edgewright.convert.sources.onnx.recognizing import is_onnx
from edgewright.convert.sources.onnx.repairs.outputs import only_numbers
from edgewright.errors import ConversionError

from .graphs import graph


def small() -> onnx.ModelProto:
    return graph("float[1,4] x", "float y", "y = MatMul(x, w)", w=(4, 3))


def written(model: onnx.ModelProto, folder: Path) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def external(location: str, folder: Path) -> Path:
    model = small()
    external_data_helper.set_external_data(model.graph.initializer[0], location, 0, 48)
    model.graph.initializer[0].ClearField("raw_data")
    return written(model, folder)


def refused(path: Path) -> str:
    with pytest.raises(ConversionError) as caught:
        read_model(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_model_is_recognized_by_its_fields_whatever_its_name(tmp_path):
    assert is_onnx(written(small(), tmp_path).rename(tmp_path / "weights.bin"))


@pytest.mark.parametrize(
    "data",
    [b"", b"\x08", b"PK\x03\x04", b"\x0a\x05abcde" * 20, b"\x08\x01\x12\x03abc", b"\xff" * 200, b"\x08\x08" * 500],
    ids=["nothing", "one byte", "archive", "frozen graph", "saved model", "all ones", "fields without a graph"],
)
def test_other_files_are_not_recognized(data, tmp_path):
    (tmp_path / "file").write_bytes(data)
    assert not is_onnx(tmp_path / "file")


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "", "link"])
def test_weights_outside_of_the_folder_are_not_read(location, tmp_path):
    (tmp_path / "secret").write_bytes(b"x" * 48)
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    assert "is not in the folder of the model. Nothing was read" in refused(external(location, folder))


def test_weights_that_are_missing_are_said(tmp_path):
    assert "'weights.bin', which is missing" in refused(external("weights.bin", tmp_path))


def test_weights_that_are_cut_off_are_said(tmp_path):
    (tmp_path / "weights.bin").write_bytes(b"x" * 10)
    assert "weights cannot be read" in refused(external("weights.bin", tmp_path))


def test_weights_that_are_a_link_are_refused_in_one_line(tmp_path):
    (tmp_path / "weights").write_bytes(b"x" * 48)
    (tmp_path / "link").symlink_to("weights")
    assert "weights cannot be read" in refused(external("link", tmp_path))


def test_weights_beside_the_model_are_taken_in(tmp_path):
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    (tmp_path / "weights.bin").write_bytes(values.tobytes())
    (read,) = read_model(external("weights.bin", tmp_path)).graph.initializer
    assert np.array_equal(onnx.numpy_helper.to_array(read), values)


def test_a_file_beyond_two_gigabytes_is_refused_unread(tmp_path):
    path = written(small(), tmp_path)
    os.truncate(path, 2**31 + 5)
    assert "a .tflite file holds at most 2 GB" in refused(path)


def test_weights_beyond_two_gigabytes_are_refused_unread(tmp_path):
    (tmp_path / "weights.bin").touch()
    os.truncate(tmp_path / "weights.bin", 2**32)
    assert "a .tflite file holds at most 2 GB" in refused(external("weights.bin", tmp_path))


def test_nodes_that_wait_for_each_other_are_named(tmp_path):
    model = small()
    circle = [helper.make_node("Add", [a, "x"], [b], name=a) for a, b in (("p", "q"), ("q", "p"))]
    model.graph.node.extend(circle)
    assert "goes in a circle: 'p', 'q' wait for each other" in refused(written(model, tmp_path))


def test_nodes_in_any_order_are_put_in_theirs(tmp_path):
    model = graph("float[1,4] x", "float y", "a = Neg(x) b = Abs(a) y = Exp(b)")
    nodes = list(reversed([onnx.NodeProto.FromString(node.SerializeToString()) for node in model.graph.node]))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    assert [node.op_type for node in read_model(written(model, tmp_path)).graph.node] == ["Neg", "Abs", "Exp"]


def test_a_file_that_is_cut_off_is_damaged(tmp_path):
    path = written(small(), tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    assert "damaged" in refused(path)


def field(number: int, data: bytes) -> bytes:
    """A field of bytes, as protocol buffers have it."""
    size, length = len(data), []
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    tag = [number << 3 | 2] if number < 16 else [number << 3 & 0x7F | 0x82, number >> 4]
    return bytes([*tag, *length, size]) + data


def test_graphs_inside_of_graphs_without_end_are_damaged(tmp_path):
    nested = b""
    for _ in range(200):
        # A graph (field 6 of an attribute, field 5 of a node) with one node (field 1).
        nested = field(1, field(5, field(6, nested)))
    (tmp_path / "deep.onnx").write_bytes(small().SerializeToString() + field(7, nested))
    assert "damaged" in refused(tmp_path / "deep.onnx")


def test_what_is_no_tensor_of_numbers_is_refused_with_the_outputs_that_are():
    model = graph("float[4,4] x, float[4] z", "seq(float[2,4]) y, float u", "y = SplitToSequence(x) u = Neg(z)")
    with pytest.raises(ConversionError, match="output 'y' is a sequence") as caught:
        require_tensors(model.graph, "model.onnx")
    assert "'u'" in str(caught.value) or "--outputs u" in str(caught.value)


def test_an_input_of_any_number_of_dimensions_is_refused_and_a_single_number_is_not():
    require_tensors(graph("float x", "float y", "y = Neg(x)").graph, "model.onnx")
    model = graph("float[1,4] x", "float y", "y = Neg(x)")
    model.graph.input[0].type.tensor_type.ClearField("shape")
    with pytest.raises(ConversionError, match="input 'x' may have any number of dimensions"):
        require_tensors(model.graph, "model.onnx")


def test_scores_come_out_of_their_dictionaries_and_text_is_left_out():
    scores = helper.make_tensor_value_info("p", TensorProto.FLOAT, [1, 2])
    model = graph(
        "float[1,2] x",
        "string l, float p",
        'l, p = ai.onnx.ml.LinearClassifier<coefficients=[1.0,2.0,3.0,4.0], classlabels_strings=["a","b"]>(x)',
    )
    assert only_numbers(model) == ("labels as text left out: the best class is the one with the highest score",)
    assert [value.name for value in model.graph.output] == [scores.name]
