"""Branches, both computed: LiteRT has no operator for an If of ONNX, and a choice between two results is the same."""

from __future__ import annotations

from typing import Any

from edgewright.convert.sources.onnx.graphs.editing import Writer, attributes_of, constants_of, rename

# Branches inside of branches inside of branches.
_DEEPEST = 8


def repair(model: Any) -> tuple[str, ...]:
    """Write both branches of each If into the graph, and a Where behind them; of a fixed condition one branch."""
    if not _has_branches(model):
        return ()
    for _ in range(_DEEPEST):
        if _has_branches(model):
            _flatten(model)
    return ("branches (If) computed both, and one chosen",)


def _has_branches(model: Any) -> bool:
    return any(node.op_type == "If" for node in model.graph.node)


def _flatten(model: Any) -> None:
    fixed, writer = constants_of(model), Writer(model)
    for node in model.graph.node:
        if node.op_type != "If":
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
