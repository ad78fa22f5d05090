"""Folds what is fixed in a graph whose sizes are known, with onnxsim."""

from __future__ import annotations

from typing import Any

from edgewright.convert.sources.failures import RAISED, first_line
from edgewright.convert.sources.onnx.runtime import start_simplifier
from edgewright.errors import ConversionError


def simplified(model: Any, name: str) -> Any:
    """A smaller model that computes the same. Raises `ConversionError` where it cannot be made."""
    onnxsim = start_simplifier()
    try:
        made, _ = onnxsim.simplify(model, check_n=0)
    except RAISED as error:
        raise ConversionError(f"it cannot be simplified: {first_line(error)}", where=name) from error
    return made
