"""Walks through the graphs of an ONNX model: its own, and those inside of nodes that branch or loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def graphs_in(model: Any) -> Iterator[Any]:
    """The graph of a model and those inside of it, from the outside to the inside; functions are left out."""
    yield from _with_inner(model.graph)


def _with_inner(graph: Any) -> Iterator[Any]:
    yield graph
    for node in graph.node:
        for inner in inner_graphs(node):
            yield from _with_inner(inner)


def inner_graphs(node: Any) -> Iterator[Any]:
    """The graphs in the attributes of a node."""
    for attribute in node.attribute:
        yield from (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs)


def nodes_in(model: Any) -> Iterator[Any]:
    """Every node, those of inner graphs too."""
    for graph in graphs_in(model):
        yield from graph.node


def needed_by(node: Any) -> Iterator[str]:
    """Names of the values that a node takes, those that its inner graphs take from outside included."""
    yield from (name for name in node.input if name)
    for graph in inner_graphs(node):
        own = {value.name for value in (*graph.input, *graph.initializer)}
        own |= {name for inner in graph.node for name in inner.output}
        yield from (name for inner in graph.node for name in needed_by(inner) if name not in own)
        yield from (value.name for value in graph.output if value.name not in own)


def called(node: Any) -> str:
    """What a node is called in messages: its name, else the first value that it makes."""
    return str(node.name or next(iter(node.output), ""))


def operator_of(node: Any) -> str:
    """The operator of a node as the advice has it: "onnx.Unique", "onnx.ml.Scaler", "com.microsoft.Attention"."""
    domain = {"": "onnx", "ai.onnx": "onnx", "ai.onnx.ml": "onnx.ml"}.get(node.domain, node.domain)
    return f"{domain}.{node.op_type}"
