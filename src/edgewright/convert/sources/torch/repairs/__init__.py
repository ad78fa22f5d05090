"""Equal forms for what the converter of PyTorch's programs computes wrongly or not at all."""

from __future__ import annotations

from typing import Any


def repaired(program: Any) -> tuple[Any, tuple[str, ...]]:
    """An equal `torch.export.ExportedProgram` that converts rightly, and what was changed in it, as remedies.

    The program that is given is not to be used afterwards.
    """
    from edgewright.convert.sources.torch.repairs.rewriting import rewritten
    from edgewright.convert.sources.torch.repairs.table import REPAIRS

    return rewritten(program, REPAIRS)
