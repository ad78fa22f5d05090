"""Source: TorchScript, traced or scripted, as a file (`torch.jit.save`) or in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.failures import RAISED, first_line
from edgewright.convert.sources.safety import refuse
from edgewright.convert.sources.torch.archives.reading import kind_of, opened
from edgewright.convert.sources.torch.archives.scripts import fresh_script, script_findings
from edgewright.convert.sources.torch.arguments import Arguments, calls_of
from edgewright.convert.sources.torch.exporting import fixed, ran
from edgewright.convert.sources.torch.program import TorchProgram
from edgewright.convert.sources.torch.runtime import start_torch
from edgewright.errors import ConversionError

_RAISED = (*RAISED, OSError, LookupError, AssertionError, AttributeError, EOFError)
_EXPORT = "Export the model itself: torch.export.save(torch.export.export(model, inputs), 'model.pt2')"

# The trace itself has one branch only, so the file agrees with it whatever the module would do.
_TRACED = (
    "this TorchScript was traced: where its Python code asks about values (if, while), it goes the way of the example "
    "that it was traced with, and so does the file. Script such a module (torch.jit.script)."
)


class TorchScript:
    """A zip archive with the model's code and constants."""

    name = "torchscript"
    title = "TorchScript (.pt of torch.jit.save)"
    in_child = True
    framework = "PyTorch"
    takes = ("example_inputs", "keep_nchw")

    def recognizes(self, source: object) -> bool:
        """Whether it is a zip archive with the constants of code."""
        return kind_of(source) == "script"

    def open(self, source: Path, options: ConversionOptions) -> TorchProgram:
        """Look at what its code calls, refuse what does more than compute, and load what was looked at."""
        name = str(source)
        with opened(source) as archive, tempfile.TemporaryDirectory() as folder:
            refuse(name, script_findings(archive), trust=options.trust)
            script, notes = _loaded(fresh_script(archive, Path(folder) / "model.pt"), name), archive.notes()
        return open_script(script, name, options, notes)


def open_script(
    script: Any, name: str, options: ConversionOptions, notes: Mapping[str, str] | None = None
) -> TorchProgram:
    """Make an exported program of a script, for the inputs that the options describe or that it was traced with.

    `name` stands for it in messages. Raises `UsageError` where nothing describes the inputs, else `ConversionError`.
    """
    traced = script._c._retrieve_traced_inputs()
    known = tuple(traced["forward"]) if "forward" in traced else ()
    arguments = ran(script.eval(), calls_of(options, name, known), name)
    program = _program(script, arguments, name)
    shapes = [tuple(leaf.shape) for leaf in arguments.tensors]
    names = [argument.name for argument in script.forward.schema.arguments[1:]]
    program = fixed(program, arguments, shapes, name)
    made = TorchProgram(program, script, arguments, name, options, names=names, notes=notes)
    made.notices = (_TRACED,) if known else ()
    return made


def _loaded(path: Path, name: str) -> Any:
    torch = start_torch()
    try:
        return torch.jit.load(str(path), map_location="cpu")
    except _RAISED as error:
        raise ConversionError(f"damaged, or no TorchScript: {first_line(error)}", where=name) from error


def _program(script: Any, arguments: Arguments, name: str) -> Any:
    from torch._export.converter import TS2EPConverter

    try:
        return TS2EPConverter(script, arguments.args, arguments.kwargs).convert()
    except _RAISED as error:
        said = f"PyTorch makes no exported program of this TorchScript: {first_line(error)}"
        raise ConversionError(said, where=name, remedy=_EXPORT) from error
