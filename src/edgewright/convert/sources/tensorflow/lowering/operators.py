"""Turns the converter's structured errors into the operators it stumbled over, with their layers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from edgewright.convert.obstacles.advice import Obstacle
from edgewright.convert.obstacles.forms import narrow_types, obstacle_of_form
from edgewright.convert.obstacles.unsupported import UnsupportedOperator, refusal
from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.tensorflow.names import is_wrapper, layer_of
from edgewright.errors import ConversionError

# ConverterErrorData.ErrorCode in tensorflow/lite/python/metrics (converter_error_data.proto).
_OBSTACLES: dict[int, Obstacle] = {1: "select", 2: "custom", 3: "control flow"}
_REASONS: dict[Obstacle, str] = {
    "select": "only in TensorFlow's own operator set (Select TF), which no current LiteRT runs",
    "custom": "in no operator set of LiteRT, not even as a Select TF operator",
    "control flow": "control flow of TensorFlow 1",
    "size": "collects its steps in a list, whose elements have no size that is known beforehand",
}
_LISTS = re.compile(r"TensorList|element_shape")
# Whose lines nobody looks for: the frameworks' and our own.
_FRAMEWORKS = frozenset({"tensorflow", "keras", "tf_keras", "edgewright", "site-packages"})


def explain(
    error: Any, name: str, layers: Sequence[str], types: Iterable[int], options: ConversionOptions
) -> ConversionError:
    """Make our error of a `ConverterError`: the operators, the layers they come from, and what to do.

    `types` are those that the graph computes in, as TensorFlow numbers them.
    """
    known = frozenset(layers)
    found = tuple(dict.fromkeys(operator for data in error.errors if (operator := _operator(data, known)) is not None))
    if found:
        return refusal(name, tuple(_by_type(found, types)), options)
    lines = [line for line in str(error).splitlines() if line.strip()] or ["no reason given"]
    return ConversionError(f"the converter stopped: {lines[0][:300]}", where=name)


def _operator(data: Any, layers: frozenset[str]) -> UnsupportedOperator | None:
    operator = data.operator.name.removeprefix("tf.").removeprefix("tfl.")
    if operator in ("", "Const"):
        return None  # where a pass as a whole gave up, it is blamed on a constant
    obstacle, reason = obstacle_of_form(operator, data.error_message) or _by_code(operator, data)
    return UnsupportedOperator(operator, _layer(data, layers), reason[:200], obstacle, _line(data))


def _by_code(operator: str, data: Any) -> tuple[Obstacle, str]:
    """What the converter says itself."""
    obstacle = _OBSTACLES.get(data.error_code, "size" if _LISTS.search(f"{operator} {data.error_message}") else "other")
    said = re.sub(r"\s+", " ", data.error_message.split("see current")[0]).strip()
    return obstacle, _REASONS.get(obstacle, said)


def _by_type(found: Sequence[UnsupportedOperator], types: Iterable[int]) -> Iterator[UnsupportedOperator]:
    """A loop of float16 steps stops at its list, whose sizes are all known: it is the type that is to blame."""
    narrow = next(narrow_types(types), None)
    for operator in found:
        if narrow is not None and operator.obstacle == "size":
            yield replace(operator, obstacle=narrow[0], reason=narrow[1])
        else:
            yield operator


def _layer(data: Any, layers: frozenset[str]) -> str:
    for call in data.location.call:
        path = call.name.split("@")[0]
        if path and not is_wrapper(path):
            return layer_of(path, layers)
    return ""


def _line(data: Any) -> str:
    """The innermost line that is not the frameworks'."""
    for call in data.location.call:
        path = PurePath(call.source.filename)
        if path.suffix == ".py" and not _FRAMEWORKS & set(path.parts):
            return f"{path.name}:{call.source.line}"
    return ""
