"""Passes by name, run one after the other, with what they did written into the file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from edgewright.errors import ModelError, UsageError
from edgewright.model import Metadata, ModelFile, Provenance
from edgewright.rewrite.builtin_code import BuiltinCode
from edgewright.rewrite.drop_dead import DropDead
from edgewright.rewrite.fold_normalization import FoldNormalization
from edgewright.rewrite.fold_quantize import FoldQuantize
from edgewright.rewrite.fold_shapes import FoldShapes
from edgewright.rewrite.protocol import LeftAlone, Pass, Rewritten, Step
from edgewright.rewrite.share_buffers import ShareBuffers
from edgewright.rewrite.signature import Signature
from edgewright.rewrite.static_batch import StaticBatch

PASSES: Mapping[str, Pass] = {
    one.name: one
    for one in (
        BuiltinCode(),
        Signature(),
        StaticBatch(),
        FoldShapes(),
        FoldNormalization(),
        FoldQuantize(),
        ShareBuffers(),
        DropDead(),
    )
}

# What quantizers and calibration need of a file before they can work on it.
IN_ORDER = ("builtin-code", "signature", "static-batch", "fold-shapes")

# What can be done to any file: the same numbers come out, and it is called as before.
CLEAN = ("builtin-code", "signature", "fold-shapes", "fold-quantize", "share-buffers", "drop-dead")


def rewrite(model: ModelFile, passes: Sequence[str | Pass] = IN_ORDER) -> Rewritten:
    """Run passes, by name or made for the purpose; the result's provenance lists those that changed something.

    Raises `UsageError` for an unknown name. A model on which nothing is to be done comes back as the same object, and
    so does one that a pass cannot handle, with the reason in `left_alone`.
    """
    chosen = _passes(passes)
    steps: list[Step] = []
    current = model
    for one in chosen:
        outcome = _attempt(one, current)
        current = outcome.model
        steps.append(Step(one.name, one.guarantee, outcome.changes, outcome.left_alone))
    changes = tuple(f"{step.name}: {change}" for step in steps for change in step.changes)
    if changes:
        current = current.with_metadata(_recorded(model, current, changes))
    left_alone = tuple(one for step in steps for one in step.left_alone)
    return Rewritten(current, changes, left_alone, tuple(steps))


def _passes(passes: Sequence[str | Pass]) -> list[Pass]:
    unknown = [one for one in passes if isinstance(one, str) and one not in PASSES]
    if unknown:
        raise UsageError(f"no pass is called {', '.join(unknown)}; there are {', '.join(PASSES)}")
    return [PASSES[one] if isinstance(one, str) else one for one in passes]


def _attempt(one: Pass, model: ModelFile) -> Rewritten:
    """A pass whose result is refused by the file's own checks, or that meets damaged metadata, changes nothing."""
    try:
        return one(model)
    except ModelError as error:
        return Rewritten(model, left_alone=(LeftAlone("the whole file", str(error).removeprefix(f"{model.name}: ")),))


def _recorded(source: ModelFile, rewritten: ModelFile, changes: Sequence[str]) -> Metadata:
    provenance = source.metadata.provenance or Provenance(source=source.name, source_sha256=source.sha256)
    step = {"step": "rewrite", "changes": [*changes]}
    return dataclasses.replace(
        rewritten.metadata, provenance=dataclasses.replace(provenance, steps=(*provenance.steps, step))
    )
