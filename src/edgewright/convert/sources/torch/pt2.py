"""Source: a program that `torch.export.save` wrote (`.pt2`)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.failures import RAISED, first_line
from edgewright.convert.sources.safety import refuse
from edgewright.convert.sources.torch.archives.programs import fresh_program, program_findings
from edgewright.convert.sources.torch.archives.reading import kind_of, opened
from edgewright.convert.sources.torch.arguments import arguments_for
from edgewright.convert.sources.torch.program import TorchProgram
from edgewright.convert.sources.torch.runtime import start_torch
from edgewright.errors import ConversionError

_RAISED = (*RAISED, OSError, LookupError, AssertionError, AttributeError, EOFError)


class TorchExportedProgram:
    """A zip archive with `models/model.json` and weights."""

    name = "pt2"
    title = "an exported program of PyTorch (.pt2)"
    in_child = True
    framework = "PyTorch"
    takes = ("example_inputs", "keep_nchw")

    def recognizes(self, source: object) -> bool:
        """Whether it is a zip archive that says so of itself."""
        return kind_of(source) in ("program", "old program")

    def open(self, source: Path, options: ConversionOptions) -> TorchProgram:
        """Look into the archive, refuse what would run code, and load what was looked at."""
        name = str(source)
        if kind_of(source) == "old program":
            raise ConversionError(
                "an exported program in the format of an older PyTorch",
                where=name,
                remedy="Export it again: torch.export.save(torch.export.export(model, inputs), 'model.pt2')",
            )
        with opened(source) as archive, tempfile.TemporaryDirectory() as folder:
            refuse(name, program_findings(archive), trust=options.trust)
            readable = source if options.trust else fresh_program(archive, Path(folder) / "model.pt2")
            program, notes = _loaded(readable, name), archive.notes()
        arguments = arguments_for(program)
        program.example_inputs = (arguments.args, arguments.kwargs)
        return TorchProgram(program, program.module(check_guards=False), arguments, name, options, notes=notes)


def _loaded(path: Path, name: str) -> Any:
    torch = start_torch()
    try:
        with path.open("rb") as stream:
            return torch.export.load(stream)
    except _RAISED as error:
        raise ConversionError(f"damaged, or no exported program: {first_line(error)}", where=name) from error
