"""Takes out what wraps the results of a classifier for Python: dictionaries of scores, and labels as text."""

from __future__ import annotations

from typing import Any

from edgewright.convert.sources.onnx.graphs.editing import Writer

_ML = "ai.onnx.ml"


def only_numbers(model: Any) -> tuple[str, ...]:
    """Let scores come out as they are, and leave labels out that are text, in place; returns what was done.

    A column of the scores stands for each label, in the order of the classifier's labels.
    """
    return (*_without_maps(model), *_without_text(model))


def _without_maps(model: Any) -> tuple[str, ...]:
    maps = {node.output[0] for node in model.graph.node if node.op_type == "ZipMap" and node.domain == _ML}
    outputs = [value for value in model.graph.output if value.name in maps]
    if not outputs:
        return ()
    writer = Writer(model)
    for node in model.graph.node:
        if node.output and node.output[0] in maps:
            writer.add("Identity", [node.input[0]], node.output[0])
        else:
            writer.keep(node)
    writer.taken_over()
    for value in outputs:
        value.type.Clear()
        value.type.tensor_type.elem_type = 1  # onnx.proto: TensorProto.FLOAT
        for _ in range(2):
            value.type.tensor_type.shape.dim.add()
    return ("ZipMap left out: the scores are a table with a column for each class",)


def _without_text(model: Any) -> tuple[str, ...]:
    """A classifier's best label follows from its scores, so nothing is lost."""
    text = {
        node.output[0]
        for node in model.graph.node
        if node.domain == _ML and any(attribute.name == "classlabels_strings" for attribute in node.attribute)
    }
    numbers = [value for value in model.graph.output if value.name not in text]
    if not numbers or len(numbers) == len(model.graph.output):
        return ()
    kept = [type(value).FromString(value.SerializeToString()) for value in numbers]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    return ("labels as text left out: the best class is the one with the highest score",)
