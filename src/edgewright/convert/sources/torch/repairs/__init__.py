"""Equal forms for what the converter of PyTorch's programs computes wrongly or not at all."""

from __future__ import annotations

from typing import Any


def repaired(program: Any, *, wide: bool = False) -> tuple[Any, tuple[str, ...]]:
    """An equal `torch.export.ExportedProgram` that converts rightly, and what was changed in it, as remedies.

    `wide` says that whole numbers of 64 bits are kept. The program that is given is not to be used afterwards.
    """
    from edgewright.convert.sources.torch.repairs.rewriting import rewritten
    from edgewright.convert.sources.torch.repairs.table import REPAIRS, WIDE_REPAIRS

    return rewritten(program, WIDE_REPAIRS if wide else REPAIRS)
