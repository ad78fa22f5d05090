"""Turns the converter's structured errors into the operators it stumbled over, with their layers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from edgewright.convert.advice import Obstacle, instead
from edgewright.convert.options import ConversionOptions
from edgewright.errors import ConversionError, UnsupportedOperatorError

# ConverterErrorData.ErrorCode in tensorflow/lite/python/metrics (converter_error_data.proto).
_OBSTACLES: dict[int, Obstacle] = {1: "select", 2: "custom", 3: "control flow"}
_REASONS: dict[Obstacle, str] = {
    "select": "only in TensorFlow's own operator set (Select TF), which no current LiteRT runs",
    "custom": "in no operator set of LiteRT, not even as a Select TF operator",
    "control flow": "control flow of TensorFlow 1",
    "size": "collects its steps in a list, whose elements have no size that is known beforehand",
}
_LISTS = re.compile(r"TensorList|element_shape")
_NUMBER = re.compile(r"_\d+$")
_WRAPPERS = re.compile(r"^(StatefulPartitionedCall|PartitionedCall|serving_default|.*signature_wrapper)")
# Whose lines nobody looks for: the frameworks' and our own.
_FRAMEWORKS = frozenset({"tensorflow", "keras", "tf_keras", "edgewright", "site-packages"})


@dataclass(frozen=True)
class UnsupportedOperator:
    """An operator that stopped the converter: its TensorFlow name, the layer ("" where unknown), and why.

    `line` is the line of the program that called it ("model.py:17"), known for objects that are alive only.
    """

    name: str
    layer: str
    reason: str
    obstacle: Obstacle = "other"
    line: str = ""

    @property
    def instead(self) -> str:
        """What to do about it."""
        return instead(self.name, self.obstacle)


def explain(error: Any, name: str, layers: Sequence[str], options: ConversionOptions) -> ConversionError:
    """Make our error of a `ConverterError`: the operators, the layers they come from, and what to do."""
    known = frozenset(layers)
    found = tuple(dict.fromkeys(operator for data in error.errors if (operator := _operator(data, known)) is not None))
    if found:
        return refusal(name, found, options)
    lines = [line for line in str(error).splitlines() if line.strip()] or ["no reason given"]
    return ConversionError(f"{name}: the converter stopped: {lines[0][:300]}")


def refusal(name: str, found: tuple[UnsupportedOperator, ...], options: ConversionOptions) -> UnsupportedOperatorError:
    """The error for these operators, each with its layers, and what to do instead."""
    return UnsupportedOperatorError(f"{name}: {_listed(found)}. {_advice(found, options)}", found)


def _operator(data: Any, layers: frozenset[str]) -> UnsupportedOperator | None:
    operator = data.operator.name.removeprefix("tf.").removeprefix("tfl.")
    if operator in ("", "Const"):
        return None  # where a pass as a whole gave up, it is blamed on a constant
    obstacle = _OBSTACLES.get(data.error_code, "size" if _LISTS.search(f"{operator} {data.error_message}") else "other")
    reason = _REASONS.get(obstacle) or re.sub(r"\s+", " ", data.error_message.split("see current")[0]).strip()
    return UnsupportedOperator(operator, _layer(data, layers), reason[:200], obstacle, _line(data))


def _layer(data: Any, layers: frozenset[str]) -> str:
    for call in data.location.call:
        path = call.name.split("@")[0]
        if path and not _WRAPPERS.match(path):
            return layer_of(path, layers)
    return ""


def layer_of(path: str, layers: frozenset[str]) -> str:
    """The layer an operator comes from: "model/dense_1/MatMul" is of the layer "dense".

    A name gets a number when its layer is traced again, so a part counts as a layer's name without it as well. Where
    no layer is known, the scope around the operator is what there is.
    """
    scopes = bare(path).split("/")[:-1]
    for scope in reversed(scopes):
        found = next((name for name in (scope, _NUMBER.sub("", scope)) if name in layers), None)
        if found:
            return found
    return scopes[-1] if scopes and not layers else ""


def bare(path: str) -> str:
    """A node's name without the calls around it: "PartitionedCall/model/dense/MatMul" is "model/dense/MatMul"."""
    return "/".join(scope for scope in path.split("/") if not _WRAPPERS.match(scope))


def _line(data: Any) -> str:
    """The innermost line that is not the frameworks'."""
    for call in data.location.call:
        path = PurePath(call.source.filename)
        if path.suffix == ".py" and not _FRAMEWORKS & set(path.parts):
            return f"{path.name}:{call.source.line}"
    return ""


def _listed(found: tuple[UnsupportedOperator, ...]) -> str:
    """Each operator once, with all its layers and the first reason given."""
    together: dict[str, list[UnsupportedOperator]] = {}
    for operator in found:
        together.setdefault(operator.name, []).append(operator)
    return "; ".join(f"operator {name}{_places(several)}: {several[0].reason}" for name, several in together.items())


def _places(operators: list[UnsupportedOperator]) -> str:
    layers = list(dict.fromkeys(operator.layer for operator in operators if operator.layer))
    lines = list(dict.fromkeys(operator.line for operator in operators if operator.line))
    named = f" of layer{'s' if len(layers) > 1 else ''} {', '.join(map(repr, layers[:4]))}" if layers else ""
    return f"{named} ({', '.join(lines[:4])})" if lines else named


def _advice(found: tuple[UnsupportedOperator, ...], options: ConversionOptions) -> str:
    return ". ".join(_sentences(found, options))


def _sentences(found: tuple[UnsupportedOperator, ...], options: ConversionOptions) -> Iterator[str]:
    if any(operator.obstacle == "size" for operator in found):
        yield _list_advice(options)
    others = dict.fromkeys(operator.instead for operator in found if operator.obstacle not in ("size", "int8"))
    if others:
        yield f"Instead: {'; '.join(others)}"
    if options.quantize == "int8":
        yield "If it converts with quantize='none', it has no integer kernel: use quantize='dynamic' or 'float16'"


# Only Keras can build its layers anew; the loops of a SavedModel stay.
_UNROLL = "convert it from a Keras model with unroll=True (--unroll)"


def _list_advice(options: ConversionOptions) -> str:
    if options.dynamic_batch:
        return f"A recurrent layer needs a fixed batch: leave dynamic_batch off, or {_UNROLL}"
    return f"Give every size (input_shape), or {_UNROLL}"
