"""Writes shapes out that a graph says in other words: a 0 for "as it was" means another size once a turn is dropped."""

from __future__ import annotations

from typing import Any

from edgewright.convert.sources.onnx.graphs.editing import Writer, shapes_of


def write_shapes_out(model: Any) -> None:
    """Give each Reshape whose result is known the sizes of it, in place."""
    shapes, writer = shapes_of(model), Writer(model)
    for node in model.graph.node:
        if node.op_type == "Reshape" and node.output[0] in shapes:
            node.input[1] = writer.whole(*shapes[node.output[0]])
            del node.attribute[:]
