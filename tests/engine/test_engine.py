"""Engines: the LiteRT engine on real and small models, and the registry."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.engine import LiteRTEngine, engine_names, open_engine, register_engine
from edgewright.errors import EdgewrightError, EngineError, InterpreterError, UsageError
from edgewright.model import ModelFile


@pytest.fixture
def add(adder):
    with open_engine(ModelFile.read(adder)) as engine:
        yield engine


@pytest.fixture
def rectify(rectifier):
    with open_engine(ModelFile.read(rectifier)) as engine:
        yield engine


def test_one_array_runs_a_model_of_one_input_without_any_signature(rectify, row):
    (output,) = rectify.run(row)
    assert np.array_equal(output, abs(row))


@pytest.mark.parametrize("keys", [("a", "b"), (0, 1), ("a", 1)])
def test_inputs_are_given_by_name_or_index(add, row, keys):
    (total,) = add.run({keys[0]: row, keys[1]: 2 * row})
    assert np.array_equal(total, 3 * row)


def test_outputs_are_copies(rectify, row):
    (first,) = rectify.run(row)
    rectify.run(5 * row)
    assert np.array_equal(first, abs(row))


def test_outputs_come_in_the_files_order(shared_file):
    model = ModelFile.read(shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite"))
    with open_engine(model, threads=2) as engine:
        outputs = engine.run(np.zeros((1, 300, 300, 3), np.uint8))
    assert [output.shape for output in outputs] == [(1, 10, 4), (1, 10), (1, 10), (1,)]
    assert [spec.name for spec in engine.outputs] == [spec.name for spec in model.outputs]


def test_free_dimensions_take_what_is_given(add):
    for batch in (4, 1, 2):
        ones = np.ones((batch, 3), np.float32)
        (total,) = add.run({"a": ones, "b": ones})
        assert np.array_equal(total, 2 * ones)


def test_shapes_that_the_model_cannot_join_are_refused_and_the_engine_goes_on(add, row):
    with pytest.raises(InterpreterError):
        add.run({"a": np.ones((2, 3), np.float32), "b": np.ones((5, 3), np.float32)})
    (total,) = add.run({"a": row, "b": row})
    assert np.array_equal(total, 2 * row)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((5, 3), np.float32), r"takes float32 \(1, 3\), got float32 \(5, 3\). Run the items one by one$"),
        (np.zeros(3, np.float32), "Add the batch axis"),
        (np.zeros((1, 3)), r"got float64 \(1, 3\). Convert it"),
        (np.zeros((1, 3), ">f4"), "got float32 in foreign byte order"),
    ],
)
def test_what_does_not_fit_is_refused(rectify, value, message):
    with pytest.raises(InterpreterError, match=message):
        rectify.run(value)


def test_one_array_for_two_inputs_is_refused_with_their_names(add, row):
    with pytest.raises(InterpreterError, match=r"2 inputs \('a', 'b'\), got one array"):
        add.run(row)


def test_a_missing_and_an_unknown_input_are_refused_by_name(add, row):
    with pytest.raises(InterpreterError, match="got no array for b"):
        add.run({"a": row})
    with pytest.raises(InterpreterError, match="there is no input 'c'"):
        add.run({"a": row, "c": row})


@pytest.mark.parametrize(
    "values", [np.array(["a", "bc", ""]), np.array([b"a", b"bc", b""]), np.array(["a", b"bc", ""], object)]
)
def test_text_of_any_numpy_kind_goes_in(text_model, values):
    with open_engine(ModelFile.read(text_model)) as engine:
        (column,) = engine.run(values)
    assert column.tolist() == [[b"a"], [b"bc"], [b""]]


def test_preserved_tensors_can_be_read(shared_file):
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float.tflite"))
    with LiteRTEngine(model, preserve_all_tensors=True) as engine:
        engine.run(np.zeros((1, 224, 224, 3), np.float32))
        assert engine.tensor(model.ops[0].outputs[0]).shape == (1, 112, 112, 8)


def test_a_closed_engine_is_refused_and_can_be_closed_again(rectifier, row):
    engine = open_engine(ModelFile.read(rectifier))
    engine.close()
    engine.close()
    with pytest.raises(EngineError, match="the engine is closed"):
        engine.run(row)


def test_an_unknown_engine_is_refused_with_the_known_ones(rectifier):
    with pytest.raises(UsageError, match=r"no engine 'tpu'\. Choose one of: litert"):
        open_engine(ModelFile.read(rectifier), engine="tpu")


def test_a_name_is_registered_once():
    with pytest.raises(UsageError, match="'litert' is registered already"):
        register_engine("litert", LiteRTEngine)


def test_an_installed_package_adds_an_engine(tmp_path, monkeypatch, rectifier, row):
    (tmp_path / "other_engine.py").write_text("from edgewright.engine import LiteRTEngine as Other\n")
    folder = tmp_path / "other_engine-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: other-engine\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(
        "[edgewright.engines]\nother = other_engine:Other\nbroken = not_there:Engine\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert engine_names() == ("broken", "litert", "litert-compiled", "openvino", "other")
    with open_engine(ModelFile.read(rectifier), engine="other") as engine:
        assert np.array_equal(engine.run(row)[0], abs(row))
    reason = r"the engine 'broken' .* cannot be imported: No module named 'not_there'"
    with pytest.raises(EdgewrightError, match=reason):
        open_engine(ModelFile.read(rectifier), engine="broken")
