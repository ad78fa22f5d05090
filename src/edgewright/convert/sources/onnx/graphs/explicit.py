"""Writes out what a graph says in other words, which the converter takes for something else."""

from __future__ import annotations

from typing import Any

from edgewright.convert.sources.onnx.graphs.editing import Writer, rename_in_nodes, shapes_of


def write_shapes_out(model: Any) -> None:
    """Give each Reshape whose result is known the sizes of it, in place.

    A 0 for "as it was" means another size once the converter drops a turn before it.
    """
    shapes, writer = shapes_of(model), Writer(model)
    for node in model.graph.node:
        if node.op_type == "Reshape" and node.output[0] in shapes:
            node.input[1] = writer.whole(*shapes[node.output[0]])
            del node.attribute[:]


def drop_identities(model: Any) -> None:
    """Call a value by one name, in place.

    Where one comes out under another name and is used inside as well, the converter forgets the inner name.
    """
    graph, writer = model.graph, Writer(model)
    outputs = {value.name for value in graph.output}
    made = {name for node in graph.node for name in node.output}
    for node in [node for node in graph.node if node.op_type == "Identity"]:
        inner, outer = node.input[0], node.output[0]
        if outer not in outputs:
            node.op_type = _DROPPED
            rename_in_nodes(graph, {outer: inner})
        elif inner in made and inner not in outputs:
            node.op_type = _DROPPED
            rename_in_nodes(graph, {inner: outer})
    for node in graph.node:
        if node.op_type != _DROPPED:
            writer.keep(node)
    writer.taken_over()


_DROPPED = "Dropped"
