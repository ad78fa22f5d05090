"""What a file makes of the inputs that its source was probed with.

Whole numbers as they occur have to come out as in the source. The rest is outside of what most models are used for, and
no two runtimes agree on all of it: where the file differs, that is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from edgewright.convert.proof.probes import FAR, LARGE, NAN, TIES, WHOLE, Ask, Probe
from edgewright.convert.proof.tolerances import problem_of
from edgewright.convert.representative import Array
from edgewright.errors import EdgewrightError, ToleranceError
from edgewright.evaluate import compare
from edgewright.model import ModelFile, Operator
from edgewright.spelling import argument

SAME = "same"

_WORDS = {
    WHOLE: "whole numbers up to 70,000 come out otherwise in output {!r} of the file, which computes with 32 bits",
    LARGE: "whole numbers near 2,147,483,647 and beyond come out otherwise in output {!r} of the file: it has 32 bits",
    TIES: "where several inputs are equal, output {!r} of the file chooses another one of them than the source does",
    NAN: "NaN in an input is lost in output {!r} of the file: LiteRT's maximum leaves it out. Look for NaN beforehand",
    FAR: "real numbers too large for a whole one come out otherwise in output {!r} of the file",
}
_PICTURE = 4


def judge(
    model: ModelFile, run: Ask, probes: Sequence[Probe], names: Sequence[str], name: str, *, real: bool
) -> Mapping[str, str]:
    """Ask the file what its source was asked: by kind of probe "same", or the name of the first output that differs.

    Raises `ToleranceError` where common whole numbers come out otherwise, unless `real` inputs have shown that those
    which occur do not.
    """
    concerned = [probe for probe in probes if _concerns(model, probe)]
    found = {probe.kind: _differing(run, probe, names) or SAME for probe in concerned}
    if found.get(WHOLE, SAME) != SAME and not real:
        most = next(probe.most for probe in concerned if probe.kind == WHOLE)
        raise ToleranceError(
            f"output {found[WHOLE]!r} differs from its source for whole numbers up to {most:,}, as it does where the "
            "source computes with 64 bits and the file with 32. No file was written",
            where=name,
            remedy=f"If no such numbers occur, give real inputs as {argument('representative_data')}",
        )
    return found


def differences(found: Mapping[str, str], model: ModelFile) -> tuple[str, ...]:
    """One sentence for each kind in which the file differs; of NaN none where all inputs are pictures."""
    pictures = all(len(spec.shape) == _PICTURE for spec in model.inputs)
    return tuple(
        f"{_WORDS[kind].format(output)}."
        for kind, output in found.items()
        if output != SAME and not (kind == NAN and pictures)
    )


def _concerns(model: ModelFile, probe: Probe) -> bool:
    """Whether a file has what a probe is about."""
    if probe.kind == TIES:
        return any(output.dtype.kind in "iu" for output in probe.reference)
    return probe.kind != FAR or any(_makes_whole(model, operator) for operator in model.ops)


def _makes_whole(model: ModelFile, operator: Operator) -> bool:
    """Whether an operator makes whole numbers of real ones by their value."""
    if operator.name != "CAST":
        return False
    taken, made = (model.main.tensors[places[0]].dtype for places in (operator.inputs, operator.outputs))
    return taken.startswith("float") and "int" in made


def _differing(run: Ask, probe: Probe, names: Sequence[str]) -> str:
    """The first output that is another one; "" where there is none, or the runtime refuses such inputs in words."""
    try:
        (returned,) = run([probe.sample])
    except EdgewrightError:
        return ""
    outputs = zip(names, probe.reference, returned, strict=True)
    return next((name for name, ours, theirs in outputs if _differs(probe.kind, ours, theirs)), "")


def _differs(kind: str, ours: Array, theirs: Array) -> bool:
    if kind == NAN:
        return ours.shape == theirs.shape and bool((np.isnan(ours) & ~np.isnan(theirs)).any())
    if kind == TIES:
        return ours.dtype.kind in "iu" and not np.array_equal(ours, theirs)
    (output,) = compare([[ours]], [[theirs]]).outputs
    return bool(problem_of(output, "none"))
