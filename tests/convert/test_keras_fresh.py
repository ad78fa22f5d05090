"""What Keras gets to read is written anew, and holds the same weights."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from edgewright.convert import ConversionOptions, convert
from edgewright.convert.sources.tensorflow.hdf5 import KerasHdf5
from edgewright.convert.sources.tensorflow.keras.archives import open_hdf5, parse_config
from edgewright.convert.sources.tensorflow.keras.config import without_compilation
from edgewright.convert.sources.tensorflow.keras.safety import fresh_archive, fresh_hdf5, unpacked_weights
from edgewright.errors import ConversionError

ARRAYS = {
    "dense/kernel:0": np.arange(6, dtype=np.float32).reshape(2, 3),
    "dense/half": np.ones(3, np.float16),
    "dense/scalar": np.float64(np.nan),
    "dense/switches": np.array([True, False]),
    "dense/brain": np.array([b"\x80?", b"\x00@"], "V2"),
    "dense/words": np.array([b"a", b"bc"]),
    "dense/none": np.zeros((0, 4), np.float32),
}


@pytest.fixture
def given(tmp_path: Path) -> Path:
    with h5py.File(tmp_path / "given.h5", "w") as file:
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = ["dense"]
        for name, array in ARRAYS.items():
            weights.create_dataset(name, data=array)
        weights["dense"].attrs["weight_names"] = np.array(["kernel:0", "half"], dtype=h5py.string_dtype())
        weights["dense/brain"].attrs["dtype"] = "bfloat16"
        weights["again"] = weights["dense"]
        weights["dense/itself"] = weights
        file.create_group("optimizer_weights")
        file.attrs["training_config"] = "{}"
    return tmp_path / "given.h5"


def copied(path: Path) -> h5py.File:
    with open_hdf5(path, "given") as file:
        return h5py.File(fresh_hdf5(file, {"class_name": "Sequential"}, "2.15.0", "given"))


def test_weights_and_their_names_are_the_same(given):
    with copied(given) as fresh:
        for name, array in ARRAYS.items():
            kept = fresh["model_weights"][name]
            assert kept.dtype == array.dtype
            assert kept[()].tobytes() == array.tobytes(), name
        assert list(fresh["model_weights"].attrs["layer_names"]) == ["dense"]
        assert list(fresh["model_weights/dense"].attrs["weight_names"]) == ["kernel:0", "half"]
        assert fresh["model_weights/dense/brain"].attrs["dtype"] == "bfloat16"


def test_only_what_loading_needs_is_there(given):
    with copied(given) as fresh:
        assert list(fresh) == ["model_weights"]
        assert set(fresh.attrs) == {"model_config", "keras_version"}
        assert json.loads(fresh.attrs["model_config"]) == {"class_name": "Sequential"}


def test_what_has_two_names_is_copied_once(given):
    with copied(given) as fresh:
        assert fresh["model_weights/again"] == fresh["model_weights/dense"]
        assert fresh["model_weights/dense/itself"] == fresh["model_weights"]


def test_archive_keeps_weights_and_vocabularies_and_nothing_else(given, tmp_path):
    with zipfile.ZipFile(tmp_path / "given.keras", "w") as target:
        target.write(given, "model.weights.h5")
        for name in ("config.json", "assets/layers/lookup/vocabulary.txt", "extra.bin", "model.weights.npz"):
            target.writestr(name, "{}")
    with zipfile.ZipFile(tmp_path / "given.keras") as archive:
        path = fresh_archive(archive, unpacked_weights(archive, "given"), {"new": 1}, "3.10.0", "given")
    with zipfile.ZipFile(path) as fresh:
        names = {"metadata.json", "config.json", "model.weights.h5", "assets/layers/lookup/vocabulary.txt"}
        assert set(fresh.namelist()) == names
        assert json.loads(fresh.read("config.json")) == {"new": 1}


def broken(path: Path, dtype: object, shape: tuple[int, ...], **how: object) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": []}})
        file.create_group("model_weights").create_dataset("x", shape, dtype, **how)
    return path


@pytest.mark.parametrize("how", [{}, {"chunks": (1 << 20,), "compression": "gzip"}])
def test_array_that_grows_far_over_what_is_stored(tmp_path, how):
    with pytest.raises(ConversionError, match="bomb"):
        KerasHdf5().open(broken(tmp_path / "m.h5", np.float32, (1 << 32,), **how), ConversionOptions())


@pytest.mark.parametrize("dtype", [h5py.ref_dtype, h5py.regionref_dtype, [("a", "f4")], h5py.vlen_dtype(np.int8)])
def test_array_of_what_is_no_number(tmp_path, dtype):
    with pytest.raises(ConversionError, match="expected numbers"):
        KerasHdf5().open(broken(tmp_path / "m.h5", dtype, (2,)), ConversionOptions())


def test_compilation_is_left_out_of_inner_models_too():
    inner = {"class_name": "Sequential", "config": {}, "compile_config": {"loss": "mse"}}
    outer = {"class_name": "Sequential", "config": {"layers": [inner]}, "compile_config": {"loss": "mse"}}
    assert "compile_config" not in json.dumps(without_compilation(outer))
    assert "compile_config" in json.dumps(outer)


def test_configuration_nested_too_deep_to_be_a_model():
    nested = '{"a":' * 150 + "1" + "}" * 150
    assert parse_config(nested, "m")
    for depth in (201, 450, 900):
        with pytest.raises(ConversionError, match="nested over 200 deep"):
            parse_config('{"a":' * depth + "1" + "}" * depth, "m")


@pytest.mark.parametrize(
    "change",
    [
        lambda layers: layers[1]["config"].update(units=2**42),
        lambda layers: layers[1].update(inbound_nodes=[{"args": [[], {}], "kwargs": {"x": 1}}]),
        lambda layers: layers.pop(),
    ],
    ids=["numbers over all memory", "calls with nothing", "missing layer"],
)
def test_configuration_that_makes_no_sense_is_one_error(tmp_path, change):
    layers = [
        {
            "class_name": "InputLayer",
            "config": {"batch_shape": [None, 2], "name": "x"},
            "name": "x",
            "inbound_nodes": [],
        },
        {"class_name": "Dense", "config": {"units": 2, "name": "y"}, "name": "y", "inbound_nodes": [[["x", 0, 0, {}]]]},
    ]
    change(layers)
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["y", 0, 0]]}
    config = {"class_name": "Functional", "config": {"name": "m", "layers": layers, **ends}}
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.create_group("model_weights")
    with pytest.raises(ConversionError, match=r"m\.h5: .*cannot load it"):
        convert(tmp_path / "m.h5")
