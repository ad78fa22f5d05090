"""Makes an exported program of a module, and says in one line why it could not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgewright.convert.sources.failures import RAISED, first_line
from edgewright.convert.sources.torch.arguments import Arguments
from edgewright.convert.sources.torch.ports import input_nodes
from edgewright.errors import ConversionError


def exported(module: Any, arguments: Arguments, name: str) -> Any:
    """The `torch.export.ExportedProgram` of a module called with these arguments; raises `ConversionError`."""
    import torch

    try:
        with torch.no_grad():
            module(*arguments.args, **arguments.kwargs)
            return torch.export.export(module, arguments.args, arguments.kwargs, strict=False)
    except RAISED as error:
        raise ConversionError(f"PyTorch cannot export it: {first_line(error)}", where=name) from error


def fixed(program: Any, arguments: Arguments, shapes: Sequence[tuple[int, ...]], name: str) -> Any:
    """A program with these sizes of its inputs in place of free ones; itself where it has none."""
    import torch

    nodes = input_nodes(program)
    if all(tuple(node.meta["val"].shape) == shape for node, shape in zip(nodes, shapes, strict=True)):
        return program
    tensors = [torch.zeros(shape, dtype=node.meta["val"].dtype) for node, shape in zip(nodes, shapes, strict=True)]
    return exported(program.module(check_guards=False), arguments.with_tensors(tensors), name)
