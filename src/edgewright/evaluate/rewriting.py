"""Proof of a rewrite: the new file beside the old one, and that beside what another set of kernels makes of the old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.engine import Interpreter, OpResolverType, try_out
from edgewright.errors import ChildCrashError, ChildTimeoutError, InterpreterError, UsageError
from edgewright.evaluate.agreement import Agreement, compare
from edgewright.evaluate.probes import Feed, Probes, read_pictures, takes_pictures
from edgewright.machine import Progress, run_in_child, silent
from edgewright.media import PictureSource
from edgewright.model import ModelFile, TensorSpec
from edgewright.task import dequantize

Array = npt.NDArray[Any]
Outputs = list[list[Array]]

_LONGEST_S = 600.0  # of the reference kernels, which take a hundred times as long as the fast ones


@dataclass(frozen=True)
class Moved:
    """How far one output moved, in steps of its own scale (for 8-bit outputs: in units of the stored byte).

    `worst_median` and `worst_largest` are median and maximum over the samples of each sample's worst entry, `None`
    for an output that is not quantized. `changed` is the share of entries that differ at all. `top1_changes` of
    `rows` rows along the last axis have their largest entry at another place, `None` where that means nothing: for
    integers that are not quantized and outputs one wide.
    """

    name: str
    worst_median: float | None
    worst_largest: float | None
    changed: float
    top1_changes: int | None
    rows: int


@dataclass(frozen=True)
class Difference:
    """Two ways of computing the same, over all samples: real-valued outputs, and steps of stored ones."""

    agreement: Agreement
    outputs: tuple[Moved, ...]

    @property
    def exact(self) -> bool:
        """Whether all outputs are the same, number for number."""
        return self.agreement.sound and all(one.largest_difference == 0 for one in self.agreement.outputs)

    def to_dict(self) -> dict[str, Any]:
        """The figures of both as plain values, output by output."""
        plain = self.agreement.to_dict()["outputs"]
        return {
            "exact": self.exact,
            "outputs": [{**one, **vars(moved)} for one, moved in zip(plain, self.outputs, strict=True)],
        }


@dataclass(frozen=True)
class RewritingProof:
    """What a rewrite changed, measured.

    `pictures`: how many were used, 0 where the `samples` inputs were generated. `rewrite`: the new file against the
    old one. `kernels`: the old file on the runtime's reference kernels against the same file on its fast ones, which
    is how much of a difference nobody asks about; `None` where the reference kernels do not run it or were not asked.
    """

    samples: int
    pictures: int
    rewrite: Difference
    kernels: Difference | None

    @property
    def vacuous(self) -> bool:
        """Whether no output varied from sample to sample: then nothing was proven."""
        return self.rewrite.agreement.vacuous

    def to_dict(self) -> dict[str, Any]:
        """All figures as plain values; "pictures" is their number or "generated"."""
        return {
            "samples": self.samples,
            "pictures": self.pictures or "generated",
            "vacuous": self.vacuous,
            "rewrite": self.rewrite.to_dict(),
            "kernels": self.kernels and self.kernels.to_dict(),
        }


def rewriting_proof(
    before: ModelFile,
    after: ModelFile,
    pictures: Sequence[PictureSource] | None = None,
    *,
    samples: int = 24,
    seed: int = 0,
    kernels: bool = True,
    progress: Progress = silent,
) -> RewritingProof:
    """Run a model and its rewritten form on the same inputs and compare all outputs.

    Inputs that take pictures get the given ones and crops of them, `samples` in all, each file preparing them as its
    own metadata says; without pictures, and for other inputs, they are generated. One seed gives the same inputs.
    Without `kernels` the reference kernels, which take most of the time, are left out.
    Raises `UsageError` for `samples` below 1 or pictures for a model that takes none, `DataError` for pictures that
    cannot be read, and `EngineError` where a file does not run.
    """
    if samples < 1:
        raise UsageError(f"samples is {samples}; at least 1 is needed")
    if pictures and not takes_pictures(before):
        raise UsageError(f"{before.name}: none of its inputs takes a picture. Leave the pictures out")
    try_out(before)
    try_out(after)
    probes = Probes(before, read_pictures(pictures or (), samples), samples, seed)
    fast = _results(before, probes, OpResolverType.AUTO, "before", progress)
    rewritten = _results(after, probes, OpResolverType.AUTO, "after", progress)
    reference = _reference(before, probes, progress) if kernels else None
    return RewritingProof(
        samples=samples,
        pictures=len(probes.pictures),
        rewrite=_difference(before.outputs, fast, rewritten),
        kernels=None if reference is None else _difference(before.outputs, fast, reference),
    )


def _results(model: ModelFile, probes: Probes, kernels: OpResolverType, step: str, progress: Progress) -> Outputs:
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    feed, results = Feed(model), []
    for done, probe in enumerate(probes, 1):
        results.append(_run(interpreter, feed(probe), model.outputs))
        progress(step, done, len(probes))
    return results


def _run(interpreter: Interpreter, stored: Mapping[int, Array], outputs: Sequence[TensorSpec]) -> list[Array]:
    for index, value in stored.items():
        interpreter.set_tensor(index, value)
    interpreter.invoke()
    return [dequantize(interpreter.get_tensor(spec.index), spec) for spec in outputs]


def _reference(model: ModelFile, probes: Probes, progress: Progress) -> Outputs | None:
    """What the reference kernels make of it. In a child: they end their process over sums that fast ones saturate."""
    arguments = (probes.pictures, probes.samples, probes.seed)
    try:
        return run_in_child(
            reference_results, model.data, model.name, *arguments, progress=progress, timeout=_LONGEST_S
        )
    except (InterpreterError, ChildCrashError, ChildTimeoutError):
        return None


def reference_results(
    data: bytes, name: str, pictures: Sequence[Array], samples: int, seed: int, progress: Progress
) -> Outputs:
    """Run in the child."""
    model = ModelFile(data, name)
    probes = Probes(model, pictures, samples, seed)
    return _results(model, probes, OpResolverType.BUILTIN_REF, "reference kernels", progress)


def _difference(specs: Sequence[TensorSpec], a: Outputs, b: Outputs) -> Difference:
    found = compare(a, b, [spec.name for spec in specs])
    columns = [([one[i] for one in a], [one[i] for one in b]) for i in range(len(specs))]
    moved = (
        _moved(spec, *column) if one.same_shape else Moved(spec.name, None, None, 1.0, None, 0)
        for spec, column, one in zip(specs, columns, found.outputs, strict=True)
    )
    return Difference(found, tuple(moved))


def _moved(spec: TensorSpec, a: list[Array], b: list[Array]) -> Moved:
    differences = [np.abs(one.astype(np.float64) - other.astype(np.float64)) for one, other in zip(a, b, strict=True)]
    worst = [_steps(difference, spec) for difference in differences] if spec.quantized else []
    rows, changes = _top1(a, b)
    return Moved(
        name=spec.name,
        worst_median=float(np.median(worst)) if worst else None,
        worst_largest=max(worst, default=None),
        changed=float(np.mean([(difference > 0).mean() if difference.size else 0.0 for difference in differences])),
        top1_changes=changes,
        rows=rows,
    )


def _steps(difference: Array, spec: TensorSpec) -> float:
    """The worst entry in whole steps of the scale; the real numbers came from stored ones, but for rounding."""
    return float(np.rint(difference.max(initial=0.0) / min(spec.scale)))


def _top1(a: list[Array], b: list[Array]) -> tuple[int, int | None]:
    if a[0].dtype.kind != "f" or not a[0].ndim or a[0].shape[-1] < 2:
        return 0, None
    moved = [np.atleast_1d(one.argmax(-1) != other.argmax(-1)).ravel() for one, other in zip(a, b, strict=True)]
    return sum(one.size for one in moved), sum(int(one.sum()) for one in moved)
