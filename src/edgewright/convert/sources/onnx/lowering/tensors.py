"""Tensors of the file under the names that their values have in the source, for the comparison layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgewright.convert.sources.onnx.graphs.editing import rename
from edgewright.convert.sources.onnx.graphs.walking import needed_by
from edgewright.model import ModelFile

# What the simplifier computes into the weights of the node before, whose value keeps its name and becomes another.
_ABSORBED = ("BatchNormalization", "Add")
_ABSORBING = ("Conv", "ConvTranspose", "Gemm", "MatMul")


def tensor_names(graph: Any) -> dict[str, str]:
    """The value behind each name that the converter gives to a tensor by rules of its own, in place for unnamed nodes.

    It calls what it turned by the node: "Conv_3_output_nhwc", "MaxPool_2_input_nhwc". Inputs and outputs are left out:
    their turned copies are no second ones.
    """
    found: dict[str, str] = {}
    for node in graph.node:
        node.name = node.name or node.output[0]
        found |= {output: output for output in node.output}
        found[f"{node.name}_output_nhwc"] = node.output[0]
        if node.input:
            found[f"{node.name}_input_nhwc"] = node.input[0]
    ends = {value.name for value in (*graph.input, *graph.output)}
    return {_spelled(name): value for name, value in found.items() if value not in ends}


def _spelled(name: str) -> str:
    """A name as the converter writes it: scopes of TensorFlow do not begin with a slash."""
    return f"wa{name}".replace(":", "__") if name.startswith("/") else name.replace(":", "__")


def rename_absorbing(model: Any, source: Any) -> None:
    """Call values of a simplified model as what they are in its source, in place: a Conv with its normalization."""
    kept = {name for node in model.graph.node for name in node.output}
    users: dict[str, list[Any]] = {value.name: [value] for value in source.graph.output}
    for node in source.graph.node:
        for name in needed_by(node):
            users.setdefault(name, []).append(node)
    names = {}
    for node in model.graph.node:
        name = node.output[0]
        while node.op_type in _ABSORBING and (absorbed := _absorbed(users.get(name, []))) and absorbed not in kept:
            names[node.output[0]] = name = absorbed
    rename(model.graph, names)


def _absorbed(users: list[Any]) -> str:
    """The value of the only node that takes another, where it may have been computed into it; else nothing."""
    if len(users) != 1 or getattr(users[0], "op_type", "") not in _ABSORBED:
        return ""
    return str(users[0].output[0])


def under_names(model: ModelFile, values: Mapping[str, str]) -> ModelFile:
    """The same model, whose tensors have the names of the values."""
    tables = model.edit()
    for subgraph in tables["subgraphs"]:
        for tensor in subgraph["tensors"]:
            tensor["name"] = values.get(tensor["name"], tensor["name"])
    return ModelFile.build(tables, model.files, model.name)
