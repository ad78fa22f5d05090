"""Operators of ONNX that stop a conversion: known beforehand, or found in what the converter wrote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgewright.convert.obstacles.advice import find_advice
from edgewright.convert.obstacles.unsupported import UnsupportedOperator, refusal
from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.onnx.graphs.editing import constants_of
from edgewright.convert.sources.onnx.graphs.walking import called, nodes_in, operator_of
from edgewright.model import ModelFile

# What the tool writes for an operator that it has no way to say with LiteRT's: ONNX_SLICE and so on.
_CUSTOM = "ONNX_"
# Entries of the advice that hold whatever form their operators have.
_NEVER = ("onnx_sizes", "onnx_random", "onnx_text", "onnx_sequences", "onnx_matrices")
_TRAINING = 2


def refuse_impossible(model: Any, name: str, options: ConversionOptions) -> None:
    """Raise `UnsupportedOperatorError` for what no converter can say with LiteRT's operators."""
    found = tuple(_impossible(model))
    if found:
        raise refusal(name, found, options)


def _impossible(model: Any) -> Iterator[UnsupportedOperator]:
    fixed = constants_of(model)
    for node in nodes_in(model):
        entry = find_advice(operator_of(node))
        if node.op_type == "Dropout":
            # In use it does nothing.
            if len(node.input) > _TRAINING and fixed.get(node.input[_TRAINING], False):
                yield UnsupportedOperator("onnx.Dropout", called(node), "it is set to training, and drops at random")
        elif entry is not None and entry.key in _NEVER:
            yield UnsupportedOperator(operator_of(node), called(node), entry.why)


def require_builtin(made: ModelFile, model: Any, name: str, options: ConversionOptions) -> None:
    """Raise `UnsupportedOperatorError` for operators that the tool only gave a name, which nothing runs."""
    named = {operator.name.removeprefix(_CUSTOM) for operator in made.ops if operator.name.startswith(_CUSTOM)}
    if not named:
        return
    found = tuple(
        UnsupportedOperator(operator_of(node), called(node), _why(operator_of(node)))
        for node in nodes_in(model)
        if node.op_type.upper() in named
    )
    others = tuple(UnsupportedOperator(f"onnx.{operator}", "", _why("")) for operator in sorted(named))
    raise refusal(name, found or others, options)


def _why(operator: str) -> str:
    entry = find_advice(operator)
    return entry.why if entry else "the converter has no operators of LiteRT for it in this form"
