"""Walks the configuration of a Keras model, and takes out what Keras 3 no longer understands and what is not needed."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

Config = Mapping[str, Any]

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


def without_outdated(config: Config) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A copy of the configuration that Keras 3 reads, and what was taken out of it ("DepthwiseConv2D.groups")."""
    fresh: dict[str, Any] = copy.deepcopy(dict(config))
    removed: dict[str, None] = {}
    for part, _ in walk(fresh, ""):
        arguments = part.get("config")
        for key, neutral in _OUTDATED.get(str(part.get("class_name")), {}).items():
            if isinstance(arguments, dict) and key in arguments and (neutral is ... or arguments[key] == neutral):
                del arguments[key]
                removed[f"{part['class_name']}.{key}"] = None
    return fresh, tuple(removed)


def without_compilation(config: Config) -> dict[str, Any]:
    """A copy of the configuration without losses, metrics and optimizers, of inner models too: nothing trains here."""
    fresh: dict[str, Any] = copy.deepcopy(dict(config))
    for part, _ in walk(fresh, ""):
        if "class_name" in part and isinstance(part, dict):
            part.pop("compile_config", None)
    return fresh


def walk(value: object, layer: str) -> Iterator[tuple[Config, str]]:
    """Every mapping in the configuration, with the nearest layer's name around it; outer ones first."""
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
    return f"layer {str(own)[:120]!r}" if own else around
