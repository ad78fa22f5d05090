"""Hands a source on disk to a child process."""

from __future__ import annotations

from pathlib import Path

from edgewright.convert.child import Opener, convert_path
from edgewright.convert.options import ConversionOptions
from edgewright.convert.product import Product
from edgewright.convert.runtime import CHILD_ENVIRONMENT
from edgewright.machine import Progress, run_in_child


def convert_in_child(
    opener: Opener, source: object, options: ConversionOptions, workshop: Path, progress: Progress
) -> Product:
    """Run `convert_path` in a child whose temporary files all end up in `workshop`."""
    return run_in_child(
        convert_path,
        opener,
        Path(str(source)).resolve(),
        options,
        workshop,
        progress=progress,
        env={**CHILD_ENVIRONMENT, "TMPDIR": str(workshop)},
    )
