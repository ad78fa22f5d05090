"""Hostile source models, one test each: refused before anything in them runs, with the reason."""

from __future__ import annotations

import codecs
import json
import marshal
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from edgewright.convert import ConversionOptions, convert
from edgewright.convert.sources.tensorflow.hdf5 import KerasHdf5
from edgewright.convert.sources.tensorflow.keras_archive import KerasArchive
from edgewright.convert.sources.tensorflow.saved_model import SavedModel
from edgewright.errors import ConversionError, UntrustedSourceError


@pytest.fixture
def bait(tmp_path: Path) -> Path:
    """What a payload would make, had it run."""
    return tmp_path / "touched"


def load(path: Path) -> None:
    """What `convert` does in its child, here: a refusal comes before TensorFlow is started."""
    openers = {".keras": KerasArchive(), ".h5": KerasHdf5(), "": SavedModel()}
    openers[path.suffix].open(path, ConversionOptions())


# ----- Keras


def payload(bait: Path) -> str:
    """A function in Keras's form, base64 of marshal, that leaves a file behind."""
    code = compile(f"lambda x: open({str(bait)!r}, 'w')", "evil", "eval").co_consts[0]
    return codecs.encode(marshal.dumps(code), "base64").decode("ascii")


def layer(kind: str, module: str | None = "keras.layers", **arguments: Any) -> dict[str, Any]:
    return {
        "class_name": kind,
        "module": module,
        "registered_name": None,
        "config": {"name": "evil", "trainable": True, "dtype": "float32", **arguments},
    }


def sequential(*layers: dict[str, Any]) -> dict[str, Any]:
    first = {
        "class_name": "InputLayer",
        "module": "keras.layers",
        "registered_name": None,
        "config": {"name": "x", "batch_shape": [None, 2], "dtype": "float32"},
    }
    return {
        "class_name": "Sequential",
        "module": "keras",
        "registered_name": None,
        "config": {"name": "s", "trainable": True, "dtype": "float32", "layers": [first, *layers]},
    }


def archive(path: Path, config: object, extra: Iterable[tuple[str, bytes]] = ()) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        target.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        for name, data in extra:
            target.writestr(name, data)
    return path


def weights(path: Path) -> h5py.File:
    return h5py.File(path, "w")


def test_lambda_layer_in_archive(tmp_path, bait):
    evil = layer("Lambda", function={"class_name": "__lambda__", "config": {"code": payload(bait), "defaults": None}})
    with pytest.raises(UntrustedSourceError, match=r"layer 'evil' \(Lambda\) runs Python code"):
        convert(archive(tmp_path / "m.keras", sequential(evil)))
    assert not bait.exists()


def test_lambda_layer_in_legacy_hdf5(tmp_path, bait):
    evil = layer("Lambda", function=[payload(bait), None, None], function_type="lambda")
    with weights(tmp_path / "m.h5") as file:
        file.attrs["model_config"] = json.dumps(sequential(evil))
        file.attrs["keras_version"] = "2.11.0"
    with pytest.raises(UntrustedSourceError, match="Lambda"):
        convert(tmp_path / "m.h5")
    assert not bait.exists()


def test_lambda_deep_inside_another_layer(tmp_path, bait):
    inner = layer("Lambda", function={"class_name": "__lambda__", "config": {"code": payload(bait)}})
    outer = layer("TimeDistributed", layer=sequential(layer("TimeDistributed", layer=inner)))
    with pytest.raises(UntrustedSourceError, match="Lambda"):
        load(archive(tmp_path / "m.keras", sequential(outer)))


def test_bytecode_as_an_activation(tmp_path, bait):
    evil = layer("Dense", units=2, activation={"class_name": "__lambda__", "config": {"code": payload(bait)}})
    with pytest.raises(UntrustedSourceError, match="Python function as bytecode"):
        load(archive(tmp_path / "m.keras", sequential(evil)))


def test_bytecode_in_the_compilation_of_an_inner_model(tmp_path, bait):
    inner = sequential(layer("Dense", units=2))
    inner["compile_config"] = {"loss": {"class_name": "__lambda__", "config": {"code": payload(bait)}}}
    with pytest.raises(UntrustedSourceError, match="bytecode"):
        load(archive(tmp_path / "m.keras", sequential(inner)))


@pytest.mark.parametrize(
    ("module", "name"),
    [("keras.utils", "get_file"), ("keras.models", "load_model"), ("keras.config", "enable_unsafe_deserialization")],
)
def test_function_of_keras_that_does_more_than_compute(tmp_path, module, name):
    function = {"class_name": "function", "module": module, "config": name, "registered_name": name}
    with pytest.raises(UntrustedSourceError, match=f"{module}.{name}"):
        load(archive(tmp_path / "m.keras", sequential(layer("Dense", units=2, activation=function))))


def test_class_of_another_module(tmp_path):
    with pytest.raises(UntrustedSourceError, match="from outside Keras"):
        load(archive(tmp_path / "m.keras", sequential(layer("Popen", "subprocess", args=["true"]))))


@pytest.mark.parametrize("kind", ["TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"])
def test_layer_that_loads_or_unpickles(tmp_path, kind):
    with pytest.raises(UntrustedSourceError, match=kind):
        load(archive(tmp_path / "m.keras", sequential(layer(kind, filepath="elsewhere"))))


def test_vocabulary_from_a_path(tmp_path):
    with pytest.raises(UntrustedSourceError, match="reads its vocabulary from the file"):
        load(archive(tmp_path / "m.keras", sequential(layer("StringLookup", vocabulary=str(tmp_path / "secret")))))


@pytest.mark.parametrize(
    "function", ["io.read_file", "io.write_file", "py_function", "raw_ops.ReadFile", "load_library"]
)
def test_tensorflow_function_that_leaves_the_graph(tmp_path, function):
    with pytest.raises(UntrustedSourceError, match=f"tf.{function}"):
        load(archive(tmp_path / "m.keras", sequential(layer("TFOpLambda", function=function))))


def test_member_with_a_path_out_of_the_archive(tmp_path):
    made = archive(tmp_path / "m.keras", sequential(layer("Dense", units=2)), [("../../outside.txt", b"x")])
    with pytest.raises(UntrustedSourceError, match="leaves the archive"):
        load(made)
    assert not (tmp_path.parent / "outside.txt").exists()


def test_decompression_bomb(tmp_path):
    made = archive(tmp_path / "m.keras", sequential(layer("Dense", units=2)), [("model.weights.h5", bytes(64 << 20))])
    with pytest.raises(ConversionError, match="decompression bomb"):
        convert(made)


def test_configuration_nested_without_end(tmp_path):
    deep = '{"class_name": "Sequential", "config": ' + "[" * 200_000 + "]" * 200_000 + "}"
    with pytest.raises(ConversionError, match="no JSON"):
        convert(archive(tmp_path / "m.keras", deep))


def test_configuration_that_is_no_object(tmp_path):
    with pytest.raises(ConversionError, match="expected an object"):
        load(archive(tmp_path / "m.keras", [1, 2]))


def test_two_configurations_in_one_archive(tmp_path):
    made = archive(tmp_path / "m.keras", sequential(layer("Dense", units=2)))
    with zipfile.ZipFile(made, "a") as target, pytest.warns(UserWarning, match="Duplicate"):
        target.writestr("config.json", json.dumps(sequential(layer("Lambda"))))
    with pytest.raises((ConversionError, UntrustedSourceError)):
        load(made)


def harmless(file: h5py.File) -> h5py.File:
    file.attrs["model_config"] = json.dumps(sequential(layer("Dense", units=2)))
    file.attrs["keras_version"] = "2.11.0"
    return file


def test_external_link_in_hdf5(tmp_path):
    with harmless(weights(tmp_path / "m.h5")) as file:
        file["model_weights"] = h5py.ExternalLink("/etc/passwd", "/")
    with pytest.raises(UntrustedSourceError, match="leads to another file"):
        load(tmp_path / "m.h5")


def test_external_storage_in_hdf5(tmp_path):
    (tmp_path / "secret").write_bytes(bytes(64))
    with harmless(weights(tmp_path / "m.h5")) as file:
        space = h5py.h5s.create_simple((16,))
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_external(os.fsencode(tmp_path / "secret"), 0, 64)
        h5py.h5d.create(file.id, b"kernel", h5py.h5t.NATIVE_FLOAT, space, creation)
    with pytest.raises(UntrustedSourceError, match="keeps its data in another file"):
        load(tmp_path / "m.h5")


def test_virtual_data_set_in_hdf5(tmp_path):
    with harmless(weights(tmp_path / "m.h5")) as file:
        layout = h5py.VirtualLayout((4,), np.float32)
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "secret", (4,))
        file.create_virtual_dataset("kernel", layout)
    with pytest.raises(UntrustedSourceError, match="from other files"):
        load(tmp_path / "m.h5")


def test_external_link_in_the_weights_of_an_archive(tmp_path):
    with weights(tmp_path / "w.h5") as file:
        file["layers"] = h5py.ExternalLink("/etc/passwd", "/")
    member = ("model.weights.h5", (tmp_path / "w.h5").read_bytes())
    with pytest.raises(UntrustedSourceError, match="leads to another file"):
        load(archive(tmp_path / "m.keras", sequential(layer("Dense", units=2)), [member]))


@pytest.mark.parametrize("cut", [20, 200, 1000])
def test_truncated_hdf5(tmp_path, cut):
    with harmless(weights(tmp_path / "m.h5")) as file:
        file["x"] = np.zeros(500)
    (tmp_path / "m.h5").write_bytes((tmp_path / "m.h5").read_bytes()[:cut])
    with pytest.raises(ConversionError, match=r"damaged, or no HDF5 file|m\.h5"):
        load(tmp_path / "m.h5")


def test_truncated_archive(tmp_path):
    made = archive(tmp_path / "m.keras", sequential(layer("Dense", units=2)))
    made.write_bytes(made.read_bytes()[:-30])
    with pytest.raises(ConversionError, match=r"m\.keras"):
        convert(made)


def test_archive_with_flipped_bytes(tmp_path):
    made = archive(tmp_path / "m.keras", sequential(layer("Dense", units=2)))
    data = bytearray(made.read_bytes())
    data[200:220] = bytes(20)
    made.write_bytes(data)
    with pytest.raises(ConversionError, match=r"m\.keras"):
        convert(made)


# ----- SavedModel, written field by field so that each test holds just what it is about


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def message(*fields: tuple[int, bytes | str]) -> bytes:
    parts = [(number, value.encode() if isinstance(value, str) else value) for number, value in fields]
    return b"".join(varint(number << 3 | 2) + varint(len(value)) + value for number, value in parts)


def node(name: str, op: str, *attributes: tuple[str, bytes]) -> bytes:
    entries = [(5, message((1, key), (2, value))) for key, value in attributes]
    return message((1, name), (2, op), *entries)


def string(value: str) -> bytes:
    return message((2, value))


def function(name: str, *nodes: bytes) -> bytes:
    return message((1, message((1, name))), *((3, one) for one in nodes))


def saved_model(folder: Path, nodes: Iterable[bytes] = (), functions: Iterable[bytes] = (), *rest: Any) -> Path:
    folder.mkdir()
    library = message(*((1, one) for one in functions))
    graph = message(*((1, one) for one in nodes), (2, library))
    info = message((4, "serve"))
    (folder / "saved_model.pb").write_bytes(b"\x08\x01" + message((2, message((1, info), (2, graph), *rest))))
    return folder


@pytest.mark.parametrize(
    "op",
    [
        "ReadFile", "WriteFile", "MatchingFiles", "PyFunc", "PyFuncStateless", "EagerPyFunc", "ImmutableConst",
        "TFRecordDataset", "SqlDataset", "CreateSummaryFileWriter", "RpcClient", "DumpTensor", "XlaCustomCallV2",
    ],
)  # fmt: skip
def test_operator_that_leaves_the_graph(tmp_path, op):
    with pytest.raises(UntrustedSourceError, match=rf"operator {op} \(evil"):
        load(saved_model(tmp_path / "m", [node("evil", op)]))


def test_operator_in_a_function_of_the_library(tmp_path):
    evil = function("inner", node("evil", "WriteFile"))
    with pytest.raises(UntrustedSourceError, match=r"WriteFile \(evil in function 'inner'\)"):
        convert(saved_model(tmp_path / "m", [], [function("outer", node("call", "inner")), evil]))


def test_debugging_operator_with_a_file_as_its_target(tmp_path):
    urls = message((1, message((2, "file:///tmp/dump"))))
    with pytest.raises(UntrustedSourceError, match="DebugIdentity"):
        load(saved_model(tmp_path / "m", [node("evil", "DebugIdentity", ("debug_urls", urls))]))


def test_print_into_a_file(tmp_path, bait):
    with pytest.raises(UntrustedSourceError, match="writes to 'file://"):
        load(saved_model(tmp_path / "m", [node("evil", "PrintV2", ("output_stream", string(f"file://{bait}")))]))


@pytest.mark.parametrize("op", ["RestoreV2", "SaveV2"])
def test_checkpoint_operator_behind_a_signature(tmp_path, op):
    signature = message((2, message((1, "y"), (2, message((1, "evil:0"))))))
    signatures = (5, message((1, "serving_default"), (2, signature)))
    with pytest.raises(UntrustedSourceError, match="not only the saver"):
        load(saved_model(tmp_path / "m", [node("evil", op)], [], signatures))


def test_checkpoint_operator_in_the_initialization(tmp_path):
    collected = (4, message((1, "saved_model_main_op"), (2, message((1, message((1, "evil")))))))
    with pytest.raises(UntrustedSourceError, match="not only the saver"):
        load(saved_model(tmp_path / "m", [node("evil", "SaveV2")], [], collected))


def test_checkpoint_written_while_restoring(tmp_path):
    saver = (3, message((3, "restore_all")))
    restore = message((1, "restore_all"), (2, "NoOp"), (3, "^evil"))
    with pytest.raises(UntrustedSourceError, match=r"SaveV2 \(evil\)"):
        load(saved_model(tmp_path / "m", [restore, node("evil", "SaveV2")], [], saver))


def test_checkpoint_operator_in_a_function_of_the_object_graph(tmp_path):
    objects = (7, message((2, message((1, "initializer"), (2, b"")))))
    evil = function("initializer", node("evil", "RestoreV2"))
    with pytest.raises(UntrustedSourceError, match="not only the saver"):
        load(saved_model(tmp_path / "m", [], [evil], objects))


@pytest.mark.parametrize("data", [b"\x00", b"\xff" * 40, b"<html></html>", bytes(100)])
def test_graph_that_is_no_protocol_buffer(tmp_path, data):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "saved_model.pb").write_bytes(data)
    with pytest.raises(ConversionError, match="damaged"):
        load(tmp_path / "m")


# ----- other files that are given as models


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("m.h5", b"<!DOCTYPE html><html></html>", "a web page"),
        ("m.keras", b"\n\n<HTML>", "a web page"),
        ("m.h5", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("m.h5", b"\x80\x04\x95pickle", "a Python pickle"),
        ("m.h5", b"", "the file is empty"),
        ("m.h5", b"nothing that is known", "not a model"),
        ("m.json", b'{"class_name": "Sequential"}', "without its weights"),
    ],
)
def test_file_that_is_something_else(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ConversionError, match=words):
        convert(tmp_path / name)
