"""Turns the converter's structured errors into the operators it stumbled over, with their layers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.errors import ConversionError, UnsupportedOperatorError

# ConverterErrorData.ErrorCode in tensorflow/lite/python/metrics (converter_error_data.proto).
_NEEDS_FLEX, _NEEDS_CUSTOM, _CONTROL_FLOW_V1 = 1, 2, 3
_REASONS = {
    _NEEDS_FLEX: "only in TensorFlow's own operator set (Select TF), which no current LiteRT runs",
    _NEEDS_CUSTOM: "in no operator set of LiteRT, not even as a Select TF operator",
    _CONTROL_FLOW_V1: "control flow of TensorFlow 1",
}
_LISTS = re.compile(r"TensorList|element_shape")
_NUMBER = re.compile(r"_\d+$")
_WRAPPERS = re.compile(r"^(StatefulPartitionedCall|PartitionedCall|serving_default|.*signature_wrapper)")


@dataclass(frozen=True)
class UnsupportedOperator:
    """An operator that stopped the converter: its TensorFlow name, the layer ("" where unknown), and why."""

    name: str
    layer: str
    reason: str


def explain(error: Any, name: str, layers: Sequence[str], options: ConversionOptions) -> ConversionError:
    """Make our error of a `ConverterError`: the operators, the layers they come from, and what to do."""
    known = frozenset(layers)
    found = tuple(dict.fromkeys(operator for data in error.errors if (operator := _operator(data, known)) is not None))
    if any(_LISTS.search(f"{operator.name} {operator.reason}") for operator in found):
        return UnsupportedOperatorError(f"{name}: {_listed(found)}. {_list_advice(options)}", found)
    if found:
        return UnsupportedOperatorError(f"{name}: {_listed(found)}. {_advice(options)}", found)
    lines = [line for line in str(error).splitlines() if line.strip()] or ["no reason given"]
    return ConversionError(f"{name}: the converter stopped: {lines[0][:300]}")


def _operator(data: Any, layers: frozenset[str]) -> UnsupportedOperator | None:
    operator = data.operator.name.removeprefix("tf.").removeprefix("tfl.")
    if operator in ("", "Const"):
        return None  # where a pass as a whole gave up, it is blamed on a constant
    reason = _REASONS.get(data.error_code) or re.sub(r"\s+", " ", data.error_message.split("see current")[0]).strip()
    return UnsupportedOperator(operator, _layer(data, layers), reason[:200])


def _layer(data: Any, layers: frozenset[str]) -> str:
    """The layer an operator comes from: "model/dense_1/MatMul@__inference_serve_1" is of the layer "dense".

    A name gets a number when its layer is traced again, so a part counts as a layer's name without it as well. Where
    no layer is known, the scope around the operator is what there is.
    """
    for call in data.location.call:
        path = call.name.split("@")[0]
        if not path or _WRAPPERS.match(path):
            continue
        scopes = path.split("/")[:-1]
        for scope in reversed(scopes):
            found = next((name for name in (scope, _NUMBER.sub("", scope)) if name in layers), None)
            if found:
                return found
        return scopes[-1] if scopes and not layers else ""
    return ""


def _listed(found: tuple[UnsupportedOperator, ...]) -> str:
    """Each operator once, with all its layers and the first reason given."""
    layers: dict[str, list[str]] = {}
    reasons: dict[str, str] = {}
    for operator in found:
        layers.setdefault(operator.name, []).append(operator.layer)
        reasons.setdefault(operator.name, operator.reason)
    return "; ".join(f"operator {name}{_of_layers(layers[name])}: {reasons[name]}" for name in layers)


def _of_layers(layers: list[str]) -> str:
    named = [layer for layer in dict.fromkeys(layers) if layer]
    if not named:
        return ""
    return f" of layer{'s' if len(named) > 1 else ''} {', '.join(map(repr, named[:4]))}"


def _list_advice(options: ConversionOptions) -> str:
    if options.dynamic_batch:
        return "A recurrent layer needs a fixed batch: leave dynamic_batch off"
    return "Give every size (input_shape), or build the recurrent layer with unroll=True"


def _advice(options: ConversionOptions) -> str:
    if options.quantize == "int8":
        return "If it converts with quantize='none', it has no integer kernel: use quantize='dynamic' or 'float16'"
    return "Replace it by operators that LiteRT has, or leave that step to the program around the model"
