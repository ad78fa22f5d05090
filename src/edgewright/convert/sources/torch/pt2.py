"""Source: a program that `torch.export.save` wrote (`.pt2`)."""

from __future__ import annotations

import zipfile
from pathlib import Path

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.failures import RAISED, first_line
from edgewright.convert.sources.torch.arguments import Arguments
from edgewright.convert.sources.torch.program import TorchProgram
from edgewright.convert.sources.torch.runtime import start_torch
from edgewright.errors import ConversionError


class TorchExportedProgram:
    """A zip archive with `models/model.json` and weights."""

    name = "pt2"
    title = "an exported program of PyTorch (.pt2)"
    in_child = True
    framework = "PyTorch"

    def recognizes(self, source: object) -> bool:
        """Whether it is a zip archive that says so of itself."""
        if not isinstance(source, Path) or not source.is_file() or not zipfile.is_zipfile(source):
            return False
        try:
            with zipfile.ZipFile(source) as archive:
                return any(name.endswith("/archive_format") for name in archive.namelist())
        except (zipfile.BadZipFile, ValueError):
            return source.suffix == ".pt2"

    def open(self, source: Path, options: ConversionOptions) -> TorchProgram:
        """Load it."""
        torch = start_torch()
        name = str(source)
        try:
            with source.open("rb") as stream:
                program = torch.export.load(stream)
        except (*RAISED, OSError, LookupError, AssertionError) as error:
            raise ConversionError(f"damaged, or no exported program: {first_line(error)}", where=name) from error
        arguments = Arguments(*program.example_inputs)
        return TorchProgram(program, program.module(check_guards=False), arguments, name, options)
