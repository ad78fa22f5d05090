"""Branches, both computed: LiteRT has no operator for an If of ONNX, and a choice between two results is the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgewright.convert.representative import Array
from edgewright.convert.sources.onnx.graphs.editing import Writer, attributes_of, constants_of, rename
from edgewright.convert.sources.onnx.ports import graph_inputs, number_type
from edgewright.convert.sources.onnx.session import Session

# Branches inside of branches inside of branches.
_DEEPEST = 8


def repair(model: Any) -> tuple[str, ...]:
    """Write both branches of each If into the graph, and a Where behind them."""
    if not _has_branches(model):
        return ()
    for _ in range(_DEEPEST):
        if _has_branches(model):
            _flatten(model, constants_of(model), all_of_them=True)
    return ("branches (If) computed both, and one chosen",)


def decide(model: Any, name: str) -> None:
    """Put the branch in the place of each If whose condition follows from sizes, in place; `name` is for messages.

    A branch that is never taken need not even fit to the sizes.
    """
    for _ in range(_DEEPEST):
        decided = _decided(model, name) if _has_branches(model) else {}
        if not decided:
            return
        _flatten(model, decided, all_of_them=False)


def _has_branches(model: Any) -> bool:
    return any(node.op_type == "If" for node in model.graph.node)


def _decided(model: Any, name: str) -> dict[str, Array]:
    """The values of conditions that no input can change: what they come from is constant, or a shape."""
    fixed = set(constants_of(model))
    for node in model.graph.node:
        if node.op_type in ("Shape", "Constant") or (node.input and all(x in fixed or not x for x in node.input)):
            fixed.update(node.output)
    conditions = {node.input[0] for node in model.graph.node if node.op_type == "If"} & fixed
    if not conditions:
        return {}
    asked = type(model).FromString(model.SerializeToString())
    del asked.graph.output[:]
    asked.graph.output.extend(_condition(value) for value in sorted(conditions))
    feed = {value.name: np.zeros(_sizes(value), _dtype(value)) for value in graph_inputs(asked.graph)}
    return dict(zip(sorted(conditions), Session(asked, name).run(feed), strict=True))


def _condition(name: str) -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.BOOL, None)


def _sizes(value: Any) -> list[int]:
    return [dim.dim_value for dim in value.type.tensor_type.shape.dim]


def _dtype(value: Any) -> str:
    return number_type(value.type.tensor_type.elem_type)


def _flatten(model: Any, fixed: dict[str, Array], *, all_of_them: bool) -> None:
    writer = Writer(model)
    for node in model.graph.node:
        if node.op_type != "If" or not (all_of_them or node.input[0] in fixed):
            writer.keep(node)
            continue
        given = attributes_of(node)
        branches, condition = (given["then_branch"], given["else_branch"]), node.input[0]
        if condition in fixed:
            chosen = branches[0] if fixed[condition].all() else branches[1]
            for inner, outer in zip(_written(chosen, writer, model), node.output, strict=True):
                writer.add("Identity", [inner], outer)
        else:
            both = [_written(branch, writer, model) for branch in branches]
            for yes, no, outer in zip(*both, node.output, strict=True):
                writer.add("Where", [condition, yes, no], outer)
    writer.taken_over()


def _written(branch: Any, writer: Writer, model: Any) -> list[str]:
    """Write the nodes of a branch under names of their own; returns the names of its outputs."""
    graph = type(branch).FromString(branch.SerializeToString())
    own = {value.name for value in graph.initializer}
    own |= {name for node in graph.node for name in node.output if name}
    rename(graph, {name: writer.name(f"{name}_branch") for name in sorted(own)})
    model.graph.initializer.extend(graph.initializer)
    for node in graph.node:
        node.name = writer.name(node.name or node.op_type)
        writer.keep(node)
    return [value.name for value in graph.output]
