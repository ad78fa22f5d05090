"""Passes by name, run one after the other, with what they did written into the file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from edgewright.errors import UsageError
from edgewright.model import Metadata, ModelFile, Provenance
from edgewright.rewrite.builtin_code import BuiltinCode
from edgewright.rewrite.fold_shapes import FoldShapes
from edgewright.rewrite.protocol import LeftAlone, Pass, Rewritten
from edgewright.rewrite.signature import Signature
from edgewright.rewrite.static_batch import StaticBatch

PASSES: Mapping[str, Pass] = {one.name: one for one in (BuiltinCode(), Signature(), StaticBatch(), FoldShapes())}

# What quantizers and calibration need of a file before they can work on it.
IN_ORDER = ("builtin-code", "signature", "static-batch", "fold-shapes")


def rewrite(model: ModelFile, passes: Sequence[str] = IN_ORDER) -> Rewritten:
    """Run passes by name; the result's provenance lists those that changed something.

    Raises `UsageError` for an unknown name. A model on which nothing is to be done comes back as the same object.
    """
    unknown = [name for name in passes if name not in PASSES]
    if unknown:
        raise UsageError(f"no pass is called {', '.join(unknown)}; there are {', '.join(PASSES)}")
    changes: list[str] = []
    left_alone: list[LeftAlone] = []
    current = model
    for name in passes:
        outcome = PASSES[name](current)
        current = outcome.model
        changes += [f"{name}: {change}" for change in outcome.changes]
        left_alone += outcome.left_alone
    if not changes:
        return Rewritten(model, left_alone=tuple(left_alone))
    return Rewritten(current.with_metadata(_recorded(model, changes)), tuple(changes), tuple(left_alone))


def _recorded(model: ModelFile, changes: list[str]) -> Metadata:
    provenance = model.metadata.provenance or Provenance(source=model.name, source_sha256=model.sha256)
    step = {"step": "rewrite", "changes": changes}
    return dataclasses.replace(
        model.metadata, provenance=dataclasses.replace(provenance, steps=(*provenance.steps, step))
    )
