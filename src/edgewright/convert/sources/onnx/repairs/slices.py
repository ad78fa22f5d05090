"""Slices that go backwards, as choices of places: Slice with a negative step is a Gather of fixed indices."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from edgewright.convert.representative import Array
from edgewright.convert.sources.onnx.graphs.editing import Writer, constants_of, shapes_of
from edgewright.convert.sources.onnx.repairs.rewriting import rewrite


def repair(model: Any) -> tuple[str, ...]:
    """Write slices anew whose steps are below 0 and whose bounds are fixed."""
    one = partial(_sliced, constants=constants_of(model), shapes=shapes_of(model))
    return ("backwards Slice as Gather",) if rewrite(model, {"Slice": one}) else ()


def _sliced(node: Any, writer: Writer, *, constants: dict[str, Array], shapes: dict[str, tuple[int, ...]]) -> bool:
    """Gather along each axis; the first size that is not known leaves the node as it is."""
    inputs = list(node.input)
    shape = shapes.get(inputs[0])
    if shape is None or any(name not in constants for name in inputs[1:] if name) or len(inputs) < 3:
        return False
    starts, ends = (constants[name].ravel().tolist() for name in inputs[1:3])
    axes = constants[inputs[3]].ravel().tolist() if len(inputs) > 3 and inputs[3] else list(range(len(starts)))
    steps = constants[inputs[4]].ravel().tolist() if len(inputs) > 4 and inputs[4] else [1] * len(starts)
    if min(steps) > 0:
        return False
    value = inputs[0]
    for place, (start, end, axis, step) in enumerate(zip(starts, ends, axes, steps, strict=True)):
        chosen = _places(start, end, step, shape[axis])
        last = place == len(starts) - 1
        value = writer.add(
            "Gather", [value, writer.constant(chosen, np.int64)], node.output[0] if last else "", axis=axis
        )
    return True


def _places(start: int, end: int, step: int, size: int) -> list[int]:
    """The places that a slice takes (onnx/defs/tensor, Slice: bounds below 0 count from the end, then are cut off)."""
    low, high = (0, size) if step > 0 else (-1, size - 1)
    first, behind = (min(max(place + size if place < 0 else place, low), high) for place in (start, end))
    return list(range(first, behind, step))
