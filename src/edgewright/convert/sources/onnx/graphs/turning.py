"""Turns pictures of a graph to channels-last where they go in and come out, and holds everything else as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgewright.convert.sources.layout import Layout
from edgewright.convert.sources.onnx.graphs.editing import Writer, rename_in_nodes
from edgewright.convert.sources.onnx.graphs.walking import needed_by
from edgewright.convert.sources.onnx.ports import graph_inputs

_LAST, _FIRST = (0, 2, 3, 1), (0, 3, 1, 2)
# From so many dimensions on the converter turns what comes out as it likes.
_TURNED_AT_WILL = 4


def turn(model: Any, layout: Layout, shapes: Sequence[tuple[int, ...]], *, held: bool = False) -> None:
    """Write the turns of a layout into the graph, in place. `shapes` are those of the outputs in the source's layout.

    Outputs that are not turned go through a vector: the converter takes that for what it is, and turns nothing behind
    it. Nodes that take a value that comes out turned take it from there and turn it back, which the converter leaves
    out again: it puts the turn in the place of the value, so nothing else finds it. `held`: what is turned is turned as
    a table of pixels and channels, for the converter drops some turns that it should not.
    """
    graph, writer = model.graph, Writer(model)
    turned = _turned_as_table if held else _turned
    for value, yes in zip(graph_inputs(graph), layout.inputs, strict=True):
        if yes:
            inner, first = writer.name(f"{value.name}_first"), _sizes(value)
            rename_in_nodes(graph, {value.name: inner})
            turned(writer, value.name, inner, first, last=False)
            _reorder(value)
    ends = [(value.name, writer.name(f"{value.name}_first")) for value in graph.output]
    apart = [yes or len(shape) >= _TURNED_AT_WILL for yes, shape in zip(layout.outputs, shapes, strict=True)]
    rename_in_nodes(graph, {name: inner for (name, inner), yes in zip(ends, apart, strict=True) if yes})
    taken = {name for node in graph.node for name in needed_by(node)}
    returned = {
        inner: (name, shape)
        for (name, inner), last, shape in zip(ends, layout.outputs, shapes, strict=True)
        if last and inner in taken
    }
    for node in graph.node:
        writer.keep(node)
        for place, made in enumerate(node.output):
            if made in returned:
                name, shape = returned[made]
                node.output[place] = writer.name(f"{name}_made")
                turned(writer, node.output[place], name, shape, last=True)
                turned(writer, name, made, shape, last=False)
    for (name, inner), last, shape, value in zip(ends, layout.outputs, shapes, graph.output, strict=True):
        if last:
            if inner not in returned:
                turned(writer, inner, name, shape, last=True)
            _reorder(value)
        elif len(shape) >= _TURNED_AT_WILL:
            flat = writer.add("Reshape", [inner, writer.whole(-1)])
            writer.add("Reshape", [flat, writer.whole(*shape)], name)
    writer.taken_over()


def _turned(writer: Writer, value: str, output: str, first: Sequence[int], *, last: bool) -> None:
    """Turn a value to channels-last, or back; `first` is its shape with the channels first."""
    writer.add("Transpose", [value], output, perm=_LAST if last else _FIRST)


def _turned_as_table(writer: Writer, value: str, output: str, first: Sequence[int], *, last: bool) -> None:
    count, channels, height, width = first
    rows, columns = (channels, height * width) if last else (height * width, channels)
    table = writer.add("Reshape", [value, writer.whole(count, rows, columns)])
    shape = (count, height, width, channels) if last else first
    writer.add("Reshape", [writer.add("Transpose", [table], perm=(0, 2, 1)), writer.whole(*shape)], output)


def _sizes(value: Any) -> list[int]:
    return [dim.dim_value for dim in value.type.tensor_type.shape.dim]


def _reorder(value: Any) -> None:
    dims = value.type.tensor_type.shape.dim
    copies = [type(dims[axis]).FromString(dims[axis].SerializeToString()) for axis in _LAST] if dims else []
    del dims[:]
    dims.extend(copies)
