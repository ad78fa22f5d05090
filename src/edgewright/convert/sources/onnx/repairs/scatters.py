"""Values that are written to fixed places along an axis, as writes to places of all axes: ScatterND, which converts."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from edgewright.convert.representative import Array
from edgewright.convert.sources.onnx.graphs.editing import Writer, attributes_of, constants_of, shapes_of
from edgewright.convert.sources.onnx.repairs.rewriting import rewrite


def repair(model: Any) -> tuple[str, ...]:
    """Write ScatterElements of fixed indices as ScatterND."""
    one = partial(_scattered, constants=constants_of(model), shapes=shapes_of(model))
    return ("ScatterElements as ScatterND",) if rewrite(model, {"ScatterElements": one}) else ()


def _scattered(node: Any, writer: Writer, *, constants: dict[str, Array], shapes: dict[str, tuple[int, ...]]) -> bool:
    given, shape, indices = attributes_of(node), shapes.get(node.input[0]), constants.get(node.input[1])
    if shape is None or indices is None or given.get("reduction", "none") != "none":
        return False
    axis = int(given.get("axis", 0)) % len(shape)
    places = np.moveaxis(np.indices(indices.shape), 0, -1).copy()
    places[..., axis] = indices % shape[axis]
    writer.add("ScatterND", [node.input[0], writer.constant(places, np.int64), node.input[2]], node.output[0])
    return True
