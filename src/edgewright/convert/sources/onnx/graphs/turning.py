"""Turns pictures of a graph to channels-last where they go in and come out, and holds everything else as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgewright.convert.sources.layout import Layout
from edgewright.convert.sources.onnx.graphs.editing import Writer, rename_in_nodes
from edgewright.convert.sources.onnx.ports import graph_inputs

_LAST, _FIRST = (0, 2, 3, 1), (0, 3, 1, 2)
# From so many dimensions on the converter turns what comes out as it likes.
_TURNED_AT_WILL = 4


def turn(model: Any, layout: Layout, shapes: Sequence[tuple[int, ...]]) -> None:
    """Write the turns of a layout into the graph, in place. `shapes` are those of the outputs in the source's layout.

    Other outputs go through a vector: the converter takes that for what it is, and turns nothing behind it.
    """
    graph, writer = model.graph, Writer(model)
    for value, yes in zip(graph_inputs(graph), layout.inputs, strict=True):
        if yes:
            inner = writer.name(f"{value.name}_first")
            rename_in_nodes(graph, {value.name: inner})
            writer.add("Transpose", [value.name], inner, perm=_FIRST)
            _reorder(value)
    ends = [(value.name, writer.name(f"{value.name}_first")) for value in graph.output]
    turned = [yes or len(shape) >= _TURNED_AT_WILL for yes, shape in zip(layout.outputs, shapes, strict=True)]
    rename_in_nodes(graph, {name: inner for (name, inner), yes in zip(ends, turned, strict=True) if yes})
    for node in graph.node:
        writer.keep(node)
    for (name, inner), last, shape, value in zip(ends, layout.outputs, shapes, graph.output, strict=True):
        if last:
            writer.add("Transpose", [inner], name, perm=_LAST)
            _reorder(value)
        elif len(shape) >= _TURNED_AT_WILL:
            flat = writer.add("Reshape", [inner, writer.whole(-1)])
            writer.add("Reshape", [flat, writer.whole(*shape)], name)
    writer.taken_over()


def _reorder(value: Any) -> None:
    dims = value.type.tensor_type.shape.dim
    copies = [type(dims[axis]).FromString(dims[axis].SerializeToString()) for axis in _LAST] if dims else []
    del dims[:]
    dims.extend(copies)
