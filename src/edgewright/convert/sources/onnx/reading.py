"""Reads an ONNX file: what is outside of its folder, too large, damaged or goes in a circle is refused beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgewright.convert.sources.failures import RAISED, first_line
from edgewright.convert.sources.onnx.graphs.editing import opset
from edgewright.convert.sources.onnx.graphs.order import circle, in_order
from edgewright.convert.sources.onnx.graphs.walking import graphs_in
from edgewright.convert.sources.onnx.runtime import start_onnx
from edgewright.errors import ConversionError

# A model file is a FlatBuffer, and ONNX a protocol buffer: neither holds more.
_MOST_BYTES = 2**31 - 1
# What files had when scikit-learn's converters wrote them without.
_FIRST_SET = 11
# onnx.proto: TensorProto.EXTERNAL.
_EXTERNAL = 1


def read_model(path: Path) -> Any:
    """The `ModelProto`, with its weights, its nodes in the order they run in. Raises `ConversionError`."""
    onnx = start_onnx()
    _require_size(path.stat().st_size, path)
    try:
        model = onnx.load(str(path), load_external_data=False)
    except _damages() as error:
        raise ConversionError(f"the file is damaged: {first_line(error)}", where=str(path)) from error
    _require_nodes(model, path)
    _name_operators(model)
    _load_weights(model, path)
    _sort(model, path)
    return model


def _damages() -> tuple[type[Exception], ...]:
    """What is raised over a file that is damaged."""
    from google.protobuf.message import Error

    return (Error, *RAISED)


def _require_size(size: int, path: Path) -> None:
    if size > _MOST_BYTES:
        raise ConversionError(
            f"{size / 2**30:.1f} GB of weights; a .tflite file holds at most 2 GB",
            where=str(path),
            remedy="Convert a smaller model, or split it into parts",
        )


def _require_nodes(model: Any, path: Path) -> None:
    if not model.graph.node or not model.graph.output:
        raise ConversionError("the file is damaged or empty: its graph has no nodes or no outputs", where=str(path))


def _name_operators(model: Any) -> None:
    """Say which of ONNX's own operators are meant, where a model of scikit-learn uses none: repairs do."""
    if not opset(model):
        model.opset_import.add().version = _FIRST_SET


def _load_weights(model: Any, path: Path) -> None:
    """Take in the weights that lie beside the file, after looking where that is."""
    from onnx import external_data_helper
    from onnx.checker import ValidationError

    outside = [tensor for tensor in _tensors(model) if tensor.data_location == _EXTERNAL]
    files = {_place(tensor, path) for tensor in outside}
    _require_size(path.stat().st_size + sum(file.stat().st_size for file in files), path)
    try:
        for tensor in outside:
            external_data_helper.load_external_data_for_tensor(tensor, str(path.parent))
            tensor.ClearField("data_location")
            tensor.ClearField("external_data")
    except (OSError, ValidationError, *RAISED) as error:
        raise ConversionError(f"its weights cannot be read: {first_line(error)}", where=str(path)) from error


def _place(tensor: Any, path: Path) -> Path:
    """Where the weights of a tensor lie. Raises `ConversionError` for what is not in the folder of the model."""
    location = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
    folder = path.parent.resolve()
    file = (folder / location).resolve()
    said = f"the weights of {tensor.name!r} are in another file, {location!r}, which"
    if not location or not file.is_relative_to(folder):
        raise ConversionError(
            f"{said} is not in the folder of the model. Nothing was read",
            where=str(path),
            remedy="Put it beside the model, and save the model with that name",
        )
    if not file.is_file():
        raise ConversionError(f"{said} is missing", where=str(path), remedy="Put it beside the model")
    return file


def _tensors(model: Any) -> Iterator[Any]:
    """All constants of a model, those in attributes and in graphs of branches too."""
    for graph in graphs_in(model):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
        for node in graph.node:
            for attribute in node.attribute:
                yield from (*([attribute.t] if attribute.HasField("t") else []), *attribute.tensors)


def _sort(model: Any, path: Path) -> None:
    """Put the nodes of each graph in the order they run in."""
    for graph in graphs_in(model):
        nodes = in_order(graph)
        if nodes is None:
            names = ", ".join(map(repr, circle(graph)[:4]))
            raise ConversionError(f"the graph goes in a circle: {names} wait for each other", where=str(path))
        copies = [type(node).FromString(node.SerializeToString()) for node in nodes]
        del graph.node[:]
        graph.node.extend(copies)
