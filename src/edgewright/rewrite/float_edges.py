"""Inputs and outputs of an integer file that are taken and given as real numbers, while others stay as they are stored.

What comes out is what the stored numbers stand for, or where they were made of real ones, these.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from edgewright.model import ModelFile, Table, TensorSpec
from edgewright.rewrite.drop_dead import DropDead
from edgewright.rewrite.tables import add_tensor, new_operator

# Versions of the kernels from and to each stored type.
_QUANTIZE = {"int8": 1, "uint8": 1, "int16": 2}
_DEQUANTIZE = {"uint8": 1, "int8": 2, "int16": 3}


def edges_in_float(
    model: ModelFile, inputs: Collection[int], outputs: Collection[int], *, as_stored: bool = False
) -> ModelFile:
    """The model with the inputs and outputs at these places in float32; those that are already stay as they are.

    `as_stored`: outputs are always what the stored numbers stand for, also where they were made of real ones.
    """
    taken = [spec for spec in _at(model.inputs, inputs) if spec.dtype in _QUANTIZE]
    given = [spec for spec in _at(model.outputs, outputs) if spec.dtype in _DEQUANTIZE]
    if not taken and not given:
        return model
    tables = model.edit()
    graph = tables["subgraphs"][0]
    before = {spec.index: _real(graph, spec) for spec in taken}
    behind = {spec.index: _real(graph, spec) if as_stored else _made_of(model, graph, spec) for spec in given}
    first = [new_operator(tables, "QUANTIZE", _QUANTIZE[one.dtype], [before[one.index]], [one.index]) for one in taken]
    last = [
        new_operator(tables, "DEQUANTIZE", _DEQUANTIZE[one.dtype], [one.index], [behind[one.index]])
        for one in given
        if behind[one.index] >= len(model.main.tensors)
    ]
    graph["operators"] = [*first, *graph["operators"], *last]
    graph["inputs"] = _moved(graph["inputs"], before)
    graph["outputs"] = _moved(graph["outputs"], behind)
    for signature in tables["signature_defs"] or ():
        if signature["subgraph_index"] == 0:
            _move_named(signature["inputs"], before)
            _move_named(signature["outputs"], behind)
    return DropDead()(ModelFile.build(tables, model.files, model.name)).model


def _at(specs: Sequence[TensorSpec], places: Collection[int]) -> list[TensorSpec]:
    """The tensors at these places, each once: one may be several outputs."""
    return list({specs[place].index: specs[place] for place in sorted(places)}.values())


def _made_of(model: ModelFile, graph: Table, spec: TensorSpec) -> int:
    """The float tensor that an output was stored from; a new one, under its name, where it came in integers."""
    maker = next((operator for operator in model.ops if spec.index in operator.outputs), None)
    source = model.main.tensors[maker.inputs[0]] if maker is not None and maker.name == "QUANTIZE" else None
    if source is None or source.dtype != "float32" or source.index in (*model.main.inputs, *model.main.outputs):
        return _real(graph, spec)
    return source.index


def _real(graph: Table, spec: TensorSpec) -> int:
    """A float tensor that takes over the name of a stored one."""
    graph["tensors"][spec.index] = {**graph["tensors"][spec.index], "name": f"{spec.name}/stored"}
    signature = spec.shape_signature if -1 in spec.shape_signature else None
    return add_tensor(graph, spec.name, "float32", spec.shape, shape_signature=signature)


def _moved(indices: Collection[int], places: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(places.get(index, index) for index in indices)


def _move_named(ends: Any, places: Mapping[int, int]) -> None:
    for one in ends or ():
        one["tensor_index"] = places.get(one["tensor_index"], one["tensor_index"])
