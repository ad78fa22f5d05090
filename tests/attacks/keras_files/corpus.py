"""Hostile Keras sources, by kind: each reaches for the bait when it is loaded by a Keras that lets it."""

from __future__ import annotations

import codecs
import json
import marshal
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..bait import Bait

Config = dict[str, Any]


@dataclass(frozen=True)
class Hostile:
    """One source: `write(folder, bait)` makes it. `refused` is whether it has to be; else it must load without harm."""

    kind: str
    write: Callable[[Path, Bait], Path]
    refused: bool = True


def code(bait: Bait) -> str:
    """A function in Keras's form, base64 of marshal, that leaves a file behind and returns what it got."""
    source = f"lambda x, *rest: (open({str(bait.touched)!r}, 'w').close(), x)[1]"
    function = compile(source, "evil", "eval").co_consts[0]
    return codecs.encode(marshal.dumps(function), "base64").decode("ascii")


def stored(bait: Bait) -> Config:
    """The same as Keras 3 and Keras 2 hold a function in a `.keras`."""
    plain = {"code": code(bait), "defaults": None, "closure": None}
    return {"class_name": "__lambda__", "config": {**plain, "value": [code(bait), None, None]}}


def layer(kind: str, /, module: str | None = "keras.layers", **arguments: Any) -> Config:
    """A layer of the new format."""
    config = {"name": "evil", "trainable": True, "dtype": "float32", **arguments}
    return {"class_name": kind, "module": module, "registered_name": None, "config": config}


def dense(**arguments: Any) -> Config:
    """A layer with no harm in it but for its arguments."""
    return layer("Dense", units=2, **arguments)


def function(module: str | None, name: str, registered: str | None = "function") -> Config:
    """A reference to a function by its name."""
    return {"class_name": "function", "module": module, "config": name, "registered_name": registered}


def sequential(*layers: Config, **rest: Any) -> Config:
    """A model of the new format, of two numbers."""
    first = layer("InputLayer", name="x", batch_shape=[None, 2])
    del first["config"]["trainable"]
    config = {"name": "s", "trainable": True, "dtype": "float32", "layers": [first, *layers]}
    return {
        "class_name": "Sequential", "module": "keras", "registered_name": None, "config": config,
        "build_config": {"input_shape": [None, 2]}, **rest,
    }  # fmt: skip


def legacy(kind: str, arguments: Mapping[str, Any], node: Any = None) -> Config:
    """A functional model as `.h5` holds it: an input and one layer. `node` is how that is called."""
    source = {"batch_input_shape": [None, 2], "dtype": "float32", "sparse": False, "ragged": False, "name": "x"}
    config = {"name": "evil", "trainable": True, "dtype": "float32", **arguments}
    layers = [
        {"class_name": "InputLayer", "config": source, "name": "x", "inbound_nodes": []},
        {"class_name": kind, "config": config, "name": "evil", "inbound_nodes": [node or [["x", 0, 0, {}]]]},
    ]
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["evil", 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "m", "layers": layers, **ends}}


def archive(path: Path, config: object, extra: Iterable[tuple[str, bytes]] = (), version: str = "3.10.0") -> Path:
    """A `.keras` with this configuration and no weights; `config` may be text as it is to stand there."""
    import h5py

    with h5py.File(path.with_suffix(".weights"), "w") as file:
        file.create_group("layers")
    with zipfile.ZipFile(path, "w") as target, warnings.catch_warnings(action="ignore"):
        target.writestr("metadata.json", json.dumps({"keras_version": version}))
        target.writestr("config.json", config if isinstance(config, str | bytes) else json.dumps(config))
        held = dict(extra)
        target.writestr("model.weights.h5", held.pop("model.weights.h5", path.with_suffix(".weights").read_bytes()))
        for name, data in held.items():
            target.writestr(name, data)
    return path


def hdf5(path: Path, config: object, change: Callable[[Any], None] | None = None) -> Path:
    """An `.h5` of Keras 2 with this configuration and no weights."""
    import h5py
    import numpy as np

    with h5py.File(path, "w", libver="earliest") as file:
        file.attrs["model_config"] = np.bytes_(config if isinstance(config, str) else json.dumps(config))
        file.attrs["keras_version"] = "2.15.0"
        held = file.create_group("model_weights")
        held.attrs["layer_names"] = np.array([b"x"])
        held.create_group("x").attrs["weight_names"] = np.array([], dtype="S1")
        if change:
            change(file)
    return path


def in_archive(kind: str, make: Callable[[Bait], Config | str | bytes], *, refused: bool = True) -> Hostile:
    """This configuration in a `.keras` of Keras 3."""
    return Hostile(kind, lambda folder, bait: archive(folder / "m.keras", make(bait)), refused)


def in_all(kind: str, make: Callable[[Bait], Config]) -> Iterator[Hostile]:
    """The same configuration in a `.keras` of Keras 3, in one of Keras 2, and in an `.h5`."""
    yield in_archive(f"{kind}, .keras", make)
    yield Hostile(f"{kind}, .keras of 2", lambda at, bait: archive(at / "m.keras", _old(make(bait)), version="2.15.0"))
    yield Hostile(f"{kind}, .h5", lambda at, bait: hdf5(at / "m.h5", _old(make(bait))))


def _old(config: Config) -> str:
    """As Keras 2 writes the same."""
    text = json.dumps(config).replace('"batch_shape"', '"batch_input_shape"')
    return text.replace('"function": {', '"function_type": "lambda", "function": {')
