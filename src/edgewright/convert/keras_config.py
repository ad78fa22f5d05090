"""Reads the configuration of a Keras model: what it would run, and what Keras 3 no longer understands in it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from edgewright.convert.safety import Finding

Config = Mapping[str, Any]

# Layers that run code or read files of the file's choosing, with what they do.
_DANGEROUS = {
    "Lambda": "runs Python code stored in the file",
    "TFSMLayer": "loads another model from a path",
    "TorchModuleWrapper": "unpickles a PyTorch module",
    "JaxLayer": "runs a Python function named in the file",
    "FlaxLayer": "runs a Python function named in the file",
}
# Parts of Keras whose classes and functions compute and nothing else. keras.utils, keras.saving, keras.models'
# functions, keras.config and keras.datasets hold functions that load, download or unlock.
_COMPUTING = frozenset(
    "activations applications constraints dtype_policies initializers layers legacy losses metrics nn ops optimizers "
    "quantizers random regularizers".split()
)
_MODELS = frozenset({"Functional", "Sequential", "Model"})
_KERAS = frozenset({"keras", "tf_keras"})
# What TFOpLambda may call: namespaces of plain arithmetic, and functions of the top level that move numbers about.
_TF_NAMESPACES = frozenset("math nn linalg signal image bitwise strings random dtypes sparse __operators__".split())
_TF_FUNCTIONS = frozenset(
    "abs acos add add_n argmax argmin argsort asin atan atan2 boolean_mask broadcast_to cast ceil clip_by_norm "
    "clip_by_value complex concat convert_to_tensor cos cosh cumsum divide einsum equal exp expand_dims eye fill "
    "floor gather gather_nd greater greater_equal identity identity_n less less_equal linspace logical_and "
    "logical_not logical_or matmul maximum meshgrid minimum multiply negative norm not_equal one_hot ones ones_like "
    "pad pow range rank realdiv reduce_all reduce_any reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod "
    "reduce_sum repeat reshape reverse roll round rsqrt scatter_nd shape sigmoid sign sin sinh size slice softmax "
    "sort space_to_batch split sqrt square squeeze stack stop_gradient strided_slice subtract tan tanh tensordot tile "
    "transpose truediv unstack where zeros zeros_like".split()
)

# Arguments that Keras 2 wrote and Keras 3 refuses, with the value that changes nothing (`...`: any value). Found by
# giving each to Keras 3.15.
_GROUPS = ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "DepthwiseConv1D", "DepthwiseConv2D")
_RECURRENT = ("RNN", "LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
_OUTDATED: dict[str, dict[str, object]] = {
    **{name: {"groups": 1} for name in (*_GROUPS, "SeparableConv1D", "SeparableConv2D")},
    **{name: {"time_major": False} for name in _RECURRENT},
    "BatchNormalization": {"virtual_batch_size": None, "fused": ..., "adjustment": None},
    "MultiHeadAttention": {"query_shape": ..., "key_shape": ..., "value_shape": ...},
}


def config_findings(config: Config) -> tuple[Finding, ...]:
    """What building this model would run: Lambda layers, stored functions, classes and paths from outside Keras.

    The compilation (losses, metrics, optimizer) of the outermost model is left out, because it is never built.
    """
    outermost = {key: value for key, value in config.items() if key != "compile_config"}
    found: dict[Finding, None] = {}
    for part, layer in _objects(outermost, "the model"):
        if part["class_name"] == "__lambda__" and any(finding.where.startswith(layer) for finding in found):
            continue  # what a Lambda layer holds: said already
        found |= dict.fromkeys(_judge(part, layer))
    return tuple(found)


def without_outdated(config: Config) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A copy of the configuration that Keras 3 reads, and what was taken out of it ("DepthwiseConv2D.groups")."""
    fresh: dict[str, Any] = copy.deepcopy(dict(config))
    removed: dict[str, None] = {}
    for part, _ in _objects(fresh, ""):
        arguments = part.get("config")
        for key, neutral in _OUTDATED.get(str(part.get("class_name")), {}).items():
            if isinstance(arguments, dict) and key in arguments and (neutral is ... or arguments[key] == neutral):
                del arguments[key]
                removed[f"{part['class_name']}.{key}"] = None
    return fresh, tuple(removed)


def _objects(value: object, layer: str) -> Iterator[tuple[Config, str]]:
    """Every object in the configuration, with the nearest layer's name around it; outer ones first."""
    waiting = [(value, layer)]
    while waiting:
        value, layer = waiting.pop()
        if isinstance(value, Mapping):
            if "class_name" in value:
                layer = _layer_name(value, layer)
                yield value, layer
            waiting += [(inner, layer) for inner in reversed(list(value.values()))]
        elif isinstance(value, list | tuple):
            waiting += [(inner, layer) for inner in reversed(value)]


def _layer_name(part: Config, around: str) -> str:
    arguments = part.get("config")
    name = arguments.get("name") if isinstance(arguments, Mapping) else None
    own = name or part.get("name")
    return f"layer {str(own)!r}" if own else around


def _judge(part: Config, layer: str) -> Iterator[Finding]:
    kind = str(part["class_name"])
    where = f"{layer} ({kind})" if layer.startswith("layer") else f"{layer}: {kind}"
    if kind in ("TFOpLambda", "SlicingOpLambda"):
        yield from _judge_tensorflow(part, where)
    elif kind == "__lambda__":
        yield Finding(layer, "holds a Python function as bytecode")
    elif kind == "function":
        yield from _judge_function(part, layer)
    elif kind in _DANGEROUS:
        yield Finding(where, _DANGEROUS[kind])
    elif _is_foreign(part):
        yield Finding(where, "is a class from outside Keras, whose code is not in the file", "class")
    yield from _judge_vocabulary(part, where)


def _judge_tensorflow(part: Config, where: str) -> Iterator[Finding]:
    """A TensorFlow function as a layer is harmless if it computes; `io.read_file` comes in the same form."""
    arguments = part.get("config")
    function = str(arguments.get("function", "")) if isinstance(arguments, Mapping) else ""
    namespace, _, name = function.removeprefix("compat.v1.").rpartition(".")
    if part["class_name"] == "SlicingOpLambda" or namespace.split(".")[0] in _TF_NAMESPACES:
        return
    if namespace or name not in _TF_FUNCTIONS:
        yield Finding(where, f"calls tf.{function}, which is not known to only compute")


def _judge_function(part: Config, layer: str) -> Iterator[Finding]:
    module, name = part.get("module"), part.get("config")
    if module in ("builtins", "__builtin__") or (isinstance(module, str) and _computes(module)):
        return
    what = f"uses the function {module}.{name}, which is not one of Keras's computing ones"
    yield Finding(layer, what, "code" if str(module).split(".")[0] in _KERAS else "class")


def _judge_vocabulary(part: Config, where: str) -> Iterator[Finding]:
    arguments = part.get("config")
    if isinstance(arguments, Mapping) and isinstance(arguments.get("vocabulary"), str):
        yield Finding(where, f"reads its vocabulary from the file {arguments['vocabulary']!r}")


def _is_foreign(part: Config) -> bool:
    """Whether the class is not Keras's own, as far as the configuration says."""
    registered = part.get("registered_name")
    if ">" in str(part["class_name"]) or (isinstance(registered, str) and ">" in registered):
        return True
    if "module" not in part:
        return False
    module = part["module"]
    if module is None:
        return not str(part["class_name"]).startswith("__")
    return not (module == "builtins" or _computes(str(module)) or _is_model(part, str(module)))


def _computes(module: str) -> bool:
    root, *rest = [name for name in module.split(".") if name not in ("src", "api", "_v2", "engine")]
    if root == "tensorflow":
        return rest[:1] == ["keras"] and _computes(".".join(rest))
    return root in _KERAS and (not rest or rest[0] in _COMPUTING)


def _is_model(part: Config, module: str) -> bool:
    return module.split(".")[0] in _KERAS and part["class_name"] in _MODELS
