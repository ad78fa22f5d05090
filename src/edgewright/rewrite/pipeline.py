"""Passes by name, run one after the other, with what they did written into the file."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from edgewright.errors import MetadataError, ModelError, UsageError
from edgewright.model import ModelFile, ModelLike, Provenance, read_model
from edgewright.registry import Registry
from edgewright.rewrite.fold_normalization import FoldNormalization
from edgewright.rewrite.modernize import Modernize
from edgewright.rewrite.protocol import LeftAlone, Pass, Rewritten, Step

ENTRY_POINTS = "edgewright.passes"

_ROOM = "edgewright.rewrite"

# In the order in which they help one another; those of other packages come behind them.
_passes: Registry[Pass] = Registry(
    "pass",
    ENTRY_POINTS,
    {
        "builtin-code": f"{_ROOM}.builtin_code:BuiltinCode",
        "signature": f"{_ROOM}.signature:Signature",
        "static-batch": f"{_ROOM}.static_batch:StaticBatch",
        "fold-shapes": f"{_ROOM}.fold_shapes:FoldShapes",
        "fold-normalization": f"{_ROOM}.fold_normalization:FoldNormalization",
        "modernize": f"{_ROOM}.modernize:Modernize",
        "fold-quantize": f"{_ROOM}.fold_quantize:FoldQuantize",
        "share-buffers": f"{_ROOM}.share_buffers:ShareBuffers",
        "drop-dead": f"{_ROOM}.drop_dead:DropDead",
        "browser": f"{_ROOM}.browser:Browser",
    },
    made=True,
    protocol="edgewright.rewrite.protocol:Pass",
)

register_pass = _passes.register
pass_names = _passes.in_order

# What quantizers and calibration need of a file before they can work on it.
IN_ORDER = ("builtin-code", "signature", "static-batch", "fold-shapes")

# What can be done to any file: the same numbers come out, and it is called as before.
CLEAN = ("builtin-code", "signature", "fold-shapes", "fold-quantize", "share-buffers", "drop-dead")


def passes_for(
    names: Sequence[str] = (),
    *,
    modernize: bool = False,
    fold_normalization: bool = False,
    lossless: bool = False,
    int8_edges: bool = False,
) -> tuple[Pass, ...]:
    """The passes to give to `rewrite`, in the order in which they help one another.

    names: which ones, those of `CLEAN` by default. modernize, fold_normalization: these too. lossless: where a pass
    could change a number, it leaves the part alone. int8_edges: inputs and outputs become int8 where it modernizes.
    Raises `UsageError` for an unknown name, and for `int8_edges` without the pass that makes them.
    """
    named = (names,) if isinstance(names, str) else names
    wanted = {*(named or CLEAN), *["modernize"] * modernize, *["fold-normalization"] * fold_normalization}
    if int8_edges and "modernize" not in wanted:
        raise UsageError("int8 edges come with the pass modernize; ask for that one too")
    chosen = {name: pass_named(name) for name in wanted}
    given: dict[str, Pass] = {
        "fold-normalization": FoldNormalization(lossless=lossless),
        "modernize": Modernize(edges="int8" if int8_edges else "keep", lossless=lossless),
    }
    return tuple(given.get(name, chosen[name]) for name in pass_names() if name in wanted)


def pass_named(name: str) -> Pass:
    """The pass of a name, as it is without options. Raises `UsageError` for an unknown one, with the choices."""
    return _passes.get(name)


def rewrite(model: ModelLike, passes: Sequence[str | Pass] = IN_ORDER) -> Rewritten:
    """Run passes, by name or as `passes_for` makes them, on a model or its path, bytes or name.

    The result's provenance lists those that changed something. Raises `UsageError` for an unknown name. A model on
    which nothing is to be done comes back as the same object, and so does one that a pass cannot handle, with the
    reason in `left_alone`.

    >>> better = ew.rewrite("mobilenet.tflite")
    >>> better.changes
    ("signature: signature 'serving_default' added",)
    >>> better.model.save("rewritten.tflite")
    PosixPath('rewritten.tflite')
    """
    named = (passes,) if isinstance(passes, str) else passes
    chosen = [pass_named(one) if isinstance(one, str) else one for one in named]
    model = read_model(model)
    steps: list[Step] = []
    current = model
    for one in chosen:
        outcome = _attempt(one, current)
        current = outcome.model
        steps.append(Step(one.name, one.guarantee, outcome.changes, outcome.left_alone))
    changes = tuple(f"{step.name}: {change}" for step in steps for change in step.changes)
    left_alone = tuple(one for step in steps for one in step.left_alone)
    outcome = Rewritten(current, changes, left_alone, tuple(steps))
    try:
        return _recorded(model, outcome) if changes else outcome
    except MetadataError as error:  # What cannot be read cannot be added to.
        return Rewritten(model, left_alone=(_whole_file(model, error),))


def _attempt(one: Pass, model: ModelFile) -> Rewritten:
    """A pass whose result is refused by the file's own checks, or that meets damaged metadata, changes nothing."""
    try:
        return one(model)
    except ModelError as error:
        return Rewritten(model, left_alone=(_whole_file(model, error),))


def _whole_file(model: ModelFile, error: ModelError) -> LeftAlone:
    return LeftAlone("the whole file", str(error).removeprefix(f"{model.name}: "))


def _recorded(source: ModelFile, outcome: Rewritten) -> Rewritten:
    """The outcome with what was done in the model's provenance."""
    provenance = source.metadata.provenance or Provenance(source=source.name, source_sha256=source.sha256)
    step = {"step": "rewrite", "changes": [*outcome.changes]}
    provenance = dataclasses.replace(provenance, steps=(*provenance.steps, step))
    metadata = dataclasses.replace(outcome.model.metadata, provenance=provenance)
    return dataclasses.replace(outcome, model=outcome.model.with_metadata(metadata))
