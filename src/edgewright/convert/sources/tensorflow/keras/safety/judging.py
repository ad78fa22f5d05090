"""Reads the configuration of a Keras model for what building it would run: whatever is not known to only compute."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from edgewright.convert.sources.safety import Finding
from edgewright.convert.sources.tensorflow.keras.config import Config, walk
from edgewright.convert.sources.tensorflow.keras.safety.names import (
    is_class,
    is_function,
    is_identifier,
    is_tensorflow_function,
    of_keras,
)

# Classes of Keras that run code or read files of the file's choosing, with what they do.
_DANGEROUS = {
    **dict.fromkeys(("Lambda", "ResidualWrapper", "DropoutWrapper"), "runs Python code stored in the file"),
    **dict.fromkeys(("JaxLayer", "FlaxLayer"), "runs a Python function named in the file"),
    **dict.fromkeys(("TypeSpec", "CompositeTensor", "__typespec__"), "imports a type that the file names"),
    **dict.fromkeys(("InstanceProperty", "InstanceMethod"), "uses an attribute of Python's that the file names"),
    "TFSMLayer": "loads another model from a path",
    "TorchModuleWrapper": "unpickles a PyTorch module",
    "ClassMethod": "calls whatever of TensorFlow the file names",
    "TensorFlowOpLayer": "runs whatever operator the file holds",
}
# Values that Keras writes as objects; their contents are walked as everything else.
_VALUES = frozenset(
    "__tensor__ __numpy__ __bytes__ __ellipsis__ __slice__ __tuple__ __keras_tensor__ TensorShape".split()
)
_OPERATOR_LAYERS = frozenset({"TFOpLambda", "SlicingOpLambda"})
# What Keras 2 registers plain functions under.
_PLAIN = frozenset({"function", "builtin_function_or_method"})
_LAYER_KEYS = frozenset("layer backward_layer forward_layer cell layers cells".split())
_FILE_KEYS = frozenset("vocab_file vocabulary_file filepath file_path filename".split())
_LONGEST_NAME = 120
_DTYPE = re.compile(r"[a-z0-9_./+-]{1,80}")


def config_findings(config: Config) -> tuple[Finding, ...]:
    """What building this model would run: Lambda layers, stored functions, classes and paths from outside Keras.

    The compilation (losses, metrics, optimizer) of the outermost model is left out, because it is never built.
    """
    outermost = {key: value for key, value in config.items() if key != "compile_config"}
    found: dict[Finding, None] = {}
    for part, layer in walk(outermost, "the model"):
        if part.get("class_name") == "__lambda__" and any(finding.where.startswith(layer) for finding in found):
            continue  # what a Lambda layer holds: said already
        found |= dict.fromkeys(_judge(part, layer))
    return tuple(found)


def _judge(part: Config, layer: str) -> Iterator[Finding]:
    where = layer
    if "class_name" in part:
        kind = part["class_name"]
        where = f"{layer} ({_shown(kind)})" if layer.startswith("layer") else f"{layer}: {_shown(kind)}"
        yield from _judge_object(part, kind, layer, where) if isinstance(kind, str) else _nameless(layer)
    for key, value in part.items():
        yield from _judge_argument(str(key), value, where)


def _shown(name: object) -> str:
    """A name of the file's as it may stand in a message: on a line, not too long, and nothing that moves a cursor."""
    text = str(name)
    return text if text.isprintable() and len(text) <= _LONGEST_NAME else ascii(text[:_LONGEST_NAME])


def _quoted(value: object) -> str:
    return repr(_shown(value))


def _nameless(layer: str) -> Iterator[Finding]:
    yield Finding(layer, "holds an object whose class has no name")


def _judge_object(part: Config, kind: str, layer: str, where: str) -> Iterator[Finding]:
    known = _DANGEROUS.get(kind.rpartition(".")[2])
    if kind == "__lambda__":
        yield Finding(layer, "holds a Python function as bytecode")
    elif kind == "function":
        yield from _judge_function(part, layer)
    elif known:
        yield Finding(where, known)
    elif "." in kind:
        yield Finding(where, "has a dot in the name of its class, which no class of Keras has")
    elif not _is_known(part, kind):
        yield Finding(where, _stranger(part), "class")
    elif kind in _OPERATOR_LAYERS:
        yield from _judge_tensorflow(part, where)


def _stranger(part: Config) -> str:
    if of_keras(part.get("module")) and ">" not in str(part.get("registered_name")):
        return "is not one of the classes of Keras that are known to only compute"
    return "is a class from outside Keras, whose code is not in the file"


def _is_known(part: Config, kind: str) -> bool:
    if kind in _VALUES:
        return part.get("module") is None
    return part.get("registered_name") in (None, kind) and is_class(part.get("module", ...), kind)


def _judge_tensorflow(part: Config, where: str) -> Iterator[Finding]:
    """A TensorFlow function as a layer is harmless if it computes; `io.read_file` comes in the same form."""
    arguments = part.get("config")
    function = arguments.get("function") if isinstance(arguments, Mapping) else None
    if not isinstance(function, str) or not is_tensorflow_function(function):
        yield Finding(where, f"calls tf.{_shown(function or '')}, which is not known to only compute")


def _judge_function(part: Config, layer: str) -> Iterator[Finding]:
    module, name = part.get("module"), part.get("config")
    registered = part.get("registered_name")
    if isinstance(name, str) and registered in (None, name, *_PLAIN) and is_function(module, name):
        return
    what = f"uses the function {_shown(module)}.{_shown(name)}, which is not one of Keras's computing ones"
    yield Finding(layer, what, "code" if of_keras(module) else "class")


def _judge_argument(key: str, value: Any, where: str) -> Iterator[Finding]:
    if key == "vocabulary" and not _is_plain(value):
        yield Finding(where, f"reads its vocabulary from the file {_quoted(value)}")
    elif key in _LAYER_KEYS and _names_something(value):
        yield Finding(where, f"names its {key} instead of describing it")
    elif not isinstance(value, str):
        return
    elif key in _FILE_KEYS and value:
        yield Finding(where, f"opens the file {_quoted(value)}")
    elif key == "dtype" and not _DTYPE.fullmatch(value):
        yield Finding(where, f"has the type {_quoted(value)}, which is not the name of one")
    elif is_identifier(key, value) is False:
        yield Finding(where, f"uses the {key} {_quoted(value)}, which is not one of Keras's", "class")


def _is_plain(vocabulary: Any) -> bool:
    """Whether it is words or numbers in the configuration itself; Keras takes all else for a path."""
    if isinstance(vocabulary, Mapping):
        return vocabulary.get("class_name") in ("__tuple__", "__numpy__", "__tensor__")
    return vocabulary is None or isinstance(vocabulary, list)


def _names_something(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and any(isinstance(entry, str) for entry in value))
