"""Makes an exported program of a module, and says in one line why it could not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgewright.convert.sources.failures import RAISED, first_line
from edgewright.convert.sources.torch.arguments import Arguments
from edgewright.convert.sources.torch.ports import input_nodes
from edgewright.errors import ConversionError

# A module's own code raises what it likes.
_RAISED = (*RAISED, LookupError, AssertionError, ArithmeticError, AttributeError)
_CALL = re.compile(r'following call raised this error:\s*File "(?P<file>[^"]+)", line (?P<line>\d+)')


def exported(module: Any, arguments: Arguments, name: str) -> Any:
    """The `torch.export.ExportedProgram` of a module called with these arguments; raises `ConversionError`."""
    import torch

    try:
        with torch.no_grad():
            return torch.export.export(module, arguments.args, arguments.kwargs, strict=False)
    except _RAISED as error:
        raise _failure(error, name) from error


def ran(module: Any, calls: Sequence[Arguments], name: str) -> Arguments:
    """The first of these calls that a module answers. Raises `ConversionError` with what it raises over the first."""
    import torch

    refused: list[BaseException] = []
    for call in calls:
        try:
            with torch.no_grad():
                module(*call.args, **call.kwargs)
            return call
        except _RAISED as error:
            refused.append(error)
    said = f"it cannot be called with what was given: {first_line(refused[0])}"
    raise ConversionError(said, where=name) from refused[0]


def _failure(error: BaseException, name: str) -> ConversionError:
    said = str(error)
    if "data-dependent" not in said:
        return ConversionError(f"PyTorch cannot export it: {first_line(error)}", where=name)
    found = _CALL.search(said)
    line = f" ({Path(found['file']).name}:{found['line']})" if found else ""
    return ConversionError(
        f"the way through it depends on values that only a run knows{line}",
        where=name,
        remedy="Compute both ways and choose with torch.where, or leave the choice to the program around the model",
    )


def fixed(program: Any, arguments: Arguments, shapes: Sequence[tuple[int, ...]], name: str) -> Any:
    """A program with these sizes of its inputs in place of free ones; itself where it has none."""
    import torch

    nodes = input_nodes(program)
    sizes = [size for node in nodes for size in node.meta["val"].shape]
    # A free size is equal to the one that it was exported with, and would be bound to it by the comparison.
    if all(isinstance(size, int) for size in sizes) and sizes == [size for shape in shapes for size in shape]:
        return program
    tensors = [torch.zeros(shape, dtype=node.meta["val"].dtype) for node, shape in zip(nodes, shapes, strict=True)]
    return exported(program.module(check_guards=False), arguments.with_tensors(tensors), name)
