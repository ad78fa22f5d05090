"""Readable names for the operators of a model."""

from __future__ import annotations

from edgewright.model import ModelFile, Operator


def label(model: ModelFile, operator: Operator) -> str:
    """What to call an operator in a report: its place and kind, and the last part of its output's name."""
    output = model.main.tensors[operator.outputs[0]].name if operator.outputs else ""
    last = output.split(";")[0]
    return f"{operator.index} {operator.name} {last}".rstrip()
