"""Edits graphs of ONNX: new values, constants and nodes, and values that get another name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edgewright.convert.representative import Array
from edgewright.convert.sources.onnx.graphs.walking import graphs_in, inner_graphs

# The operator sets from which on axes are an input: of ReduceSum and Unsqueeze, and of the other reductions.
_SUM_TAKES_AXES, _REDUCTIONS_TAKE_AXES = 13, 18


def opset(model: Any) -> int:
    """The version of ONNX's own operators that a model is written in; 0 where it names none."""
    return max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0)


class Writer:
    """Makes nodes and constants for a graph, under names that nothing else in the model has."""

    def __init__(self, model: Any) -> None:
        """Look through the names of the model."""
        self.nodes: list[Any] = []
        self._graph = model.graph
        self._set = opset(model)
        self._taken = {
            name
            for graph in graphs_in(model)
            for name in (
                *(value.name for value in (*graph.input, *graph.output, *graph.initializer)),
                *(name for node in graph.node for name in (node.name, *node.input, *node.output)),
            )
        }

    def name(self, wish: str) -> str:
        """A name that is free, and taken from now on."""
        found, count = wish, 0
        while found in self._taken:
            count += 1
            found = f"{wish}_{count}"
        self._taken.add(found)
        return found

    def constant(self, values: Any, dtype: Any = np.float32, wish: str = "constant") -> str:
        """The name of a constant with these values."""
        from onnx import numpy_helper

        name = self.name(wish)
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def whole(self, *values: int) -> str:
        """The name of a vector of int64."""
        return self.constant(values, np.int64)

    def add(self, operator: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        """Write a node of ONNX's own set behind the others; returns the name of its (first) output."""
        from onnx import helper

        output = output or self.name(operator.lower())
        self.nodes.append(helper.make_node(operator, list(inputs), [output], self.name(operator), **attributes))
        return output

    def reduce(self, operator: str, value: str, axis: int, *, keepdims: bool) -> str:
        """Write a reduction over one axis, as the model's operator set has it: it names the axes in an input now."""
        if self._set < (_SUM_TAKES_AXES if operator == "ReduceSum" else _REDUCTIONS_TAKE_AXES):
            return self.add(operator, [value], axes=[axis], keepdims=int(keepdims))
        return self.add(operator, [value, self.whole(axis)], keepdims=int(keepdims))

    def unsqueeze(self, value: str, axis: int) -> str:
        """Write an axis of 1 more, as the model's operator set has it."""
        if self._set < _SUM_TAKES_AXES:
            return self.add("Unsqueeze", [value], axes=[axis])
        return self.add("Unsqueeze", [value, self.whole(axis)])

    def keep(self, node: Any) -> None:
        """Write a node of the model as it is behind the others."""
        self.nodes.append(node)

    def taken_over(self) -> None:
        """Put the written nodes in the place of the graph's."""
        copies = [type(node).FromString(node.SerializeToString()) for node in self.nodes]
        del self._graph.node[:]
        self._graph.node.extend(copies)
        del self._graph.value_info[:]


def attributes_of(node: Any) -> dict[str, Any]:
    """The attributes of a node as values of Python: numbers, texts, tuples, tensors as arrays."""
    from onnx import TensorProto, helper, numpy_helper

    values = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    return {
        name: numpy_helper.to_array(value)
        if isinstance(value, TensorProto)
        else value.decode(errors="replace")
        if isinstance(value, bytes)
        else value
        for name, value in values.items()
    }


def constants_of(model: Any) -> dict[str, Array]:
    """The values of the model's own graph that are fixed, by name."""
    from onnx import numpy_helper

    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant" and (value := attributes_of(node).get("value")) is not None:
            found[node.output[0]] = value
    return found


def shapes_of(model: Any) -> dict[str, tuple[int, ...]]:
    """The shapes of the values of the model's own graph, where every size is known."""
    graph = model.graph
    found: dict[str, tuple[int, ...]] = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        kind = value.type.tensor_type
        sizes = [dim.dim_value if dim.HasField("dim_value") else -1 for dim in kind.shape.dim]
        if kind.HasField("shape") and min(sizes, default=0) >= 0:
            found[value.name] = tuple(sizes)
    return found


def rename(graph: Any, names: Mapping[str, str]) -> None:
    """Give values other names wherever they stand in a graph and in those inside of it."""
    for value in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        value.name = names.get(value.name, value.name)
    rename_in_nodes(graph, names)


def rename_in_nodes(graph: Any, names: Mapping[str, str]) -> None:
    """Give values other names in the nodes of a graph and in the graphs inside of them, not where it is declared."""
    for node in graph.node:
        for part in (node.input, node.output):
            for place, name in enumerate(part):
                if name in names:
                    part[place] = names[name]
        for inner in inner_graphs(node):
            rename(inner, names)
