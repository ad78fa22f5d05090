"""Gives every input of a graph its sizes, and works out the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgewright.convert.sources.failures import RAISED, first_line
from edgewright.errors import ConversionError

_WEIGHTS_APART = 4


def fix(model: Any, shapes: Mapping[str, tuple[int, ...]], name: str) -> None:
    """Set the inputs' shapes, in place, and infer all others. Raises `ConversionError` where they contradict."""
    # Up to version 3, weights were inputs as well.
    model.ir_version = max(model.ir_version, _WEIGHTS_APART)
    for value in model.graph.input:
        if value.name in shapes:
            _set_shape(value, shapes[value.name])
    for value in model.graph.output:
        if value.type.HasField("tensor_type"):
            # What was declared for free sizes is in the way of what follows from these.
            value.type.tensor_type.ClearField("shape")
    infer(model, name)


def infer(model: Any, name: str) -> None:
    """Work out the shapes of all values anew, in place."""
    from onnx import shape_inference

    del model.graph.value_info[:]
    try:
        inferred = shape_inference.infer_shapes(model, data_prop=True)
    except RAISED as error:
        raise ConversionError(f"its shapes do not fit together: {first_line(error)}", where=name) from error
    model.CopyFrom(inferred)
    for value in model.graph.output:
        if value.type.HasField("tensor_type") and not value.type.tensor_type.HasField("shape"):
            value.type.tensor_type.shape.SetInParent()


def _set_shape(value: Any, shape: tuple[int, ...]) -> None:
    dims = value.type.tensor_type.shape
    del dims.dim[:]
    for size in shape:
        dims.dim.add().dim_value = size
