"""Options that mean nothing for a source are one line, before anything of it is read."""

from __future__ import annotations

import pytest

from edgewright.convert import convert, sources
from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.taking import require_taken
from edgewright.errors import UsageError

KERAS, GRAPH, SAVED, EXPORTED, ONNX = "keras", "frozen_graph", "saved_model", "pt2", "onnx"
SOURCES = {source.name: source for source in sources()}


@pytest.mark.parametrize(
    ("name", "option", "value", "takers"),
    [
        (KERAS, "keep_nchw", True, [ONNX, EXPORTED, "torch-checkpoint", "torch-module", "torchscript"]),
        (SAVED, "example_inputs", [1.0], ["jax-function", "tf-function", "torch-module"]),
        (GRAPH, "keep_nchw", True, [ONNX]),
        (EXPORTED, "inputs", "x", [GRAPH]),
        (ONNX, "inputs", "x", [GRAPH]),
        (EXPORTED, "outputs", "y", [GRAPH, ONNX]),
        ("tflite", "outputs", "y", [GRAPH, ONNX]),
        ("jax-function", "outputs", "y", [GRAPH, ONNX]),
        (KERAS, "signature", "serve", [SAVED]),
        ("tflite", "signature", "serve", [SAVED]),
        (SAVED, "unroll", True, [KERAS, "hdf5"]),
        (ONNX, "unroll", True, [KERAS, "hdf5"]),
        ("torch-checkpoint", "weights", __file__, ["torch-module"]),
        ("keras-object", "weights", __file__, ["torch-module"]),
    ],
)
def test_it_says_what_it_goes_with(name, option, value, takers):
    with pytest.raises(UsageError) as caught:
        require_taken(SOURCES[name], "model", ConversionOptions.of(**{option: value}))
    said = str(caught.value)
    assert said.startswith(f"model is {SOURCES[name].title}: {option} means nothing for it. It goes with: ")
    assert "\n" not in said
    assert all(SOURCES[taker].title in said for taker in takers)


def test_a_source_of_another_package_takes_none_of_them_unless_it_says_so():
    class Toy:
        name, title, in_child = "toy", "a toy", False

    require_taken(Toy(), "model", ConversionOptions.of(quantize="dynamic"))
    with pytest.raises(UsageError, match=r"model is a toy: keep_nchw means nothing for it"):
        require_taken(Toy(), "model", ConversionOptions.of(keep_nchw=True))
    Toy.takes = ("keep_nchw",)
    require_taken(Toy(), "model", ConversionOptions.of(keep_nchw=True))


def test_the_command_line_names_its_own_option(edgewright, tmp_path):
    (tmp_path / "saved_model").mkdir()
    (tmp_path / "saved_model" / "saved_model.pb").write_bytes(b"x")
    said = edgewright("convert", tmp_path / "saved_model", "--keep-nchw", "-o", tmp_path / "x.tflite")
    assert said.returncode != 0
    assert "is a SavedModel folder: --keep-nchw means nothing for it. It goes with: " in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "said"), [(3, "weights is a int"), ("no.pt", "weights='no.pt': there is no such file")]
)
def test_weights_are_the_path_of_a_file(given, said):
    with pytest.raises(UsageError, match=said):
        convert(lambda x: x, weights=given)
