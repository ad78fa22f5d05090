"""Do two models compute the same? One comparison for conversions, rewrites, engines and quantization."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.brief import brief
from edgewright.errors import DataError
from edgewright.evaluate.part_agreement import (
    PartAgreement,
    compare_parts,
    largest_of,
    lost_entries,
    real,
    signal_to_noise,
)
from edgewright.evaluate.parts import Part, parts_of
from edgewright.evaluate.runner import Runner, Sample
from edgewright.model import ModelFile, ModelLike, read_model

Array = npt.NDArray[Any]
Run = Callable[[Sample], Sequence[Array]]

# Outputs that move by less than this share of their size over all samples are called constant.
_CONSTANT = 1e-6


@dataclass(frozen=True)
class OutputAgreement:
    """How one output of model B compares with the same output of model A, over all samples.

    `largest_difference` is the largest |a - b|, `scale` the largest |a|. `snr_db` is the signal-to-noise ratio
    10 log10(sum a^2 / sum (a - b)^2) in decibels, infinite where nothing differs. `top1` is the share of rows (along
    the last axis) whose largest entry is at the same place; `None` for outputs one wide. `varies` is false where A
    gives the same values for every sample: then nothing was compared. `same_shape` and `finite` are of both.
    `parts` are the meanings that the output joins, each compared by itself, empty where it has one; `lost` the entries
    or parts that vary in A and say nothing in B. `bounded`: all of it lies in -1 to 1 by construction, see `Part`.
    """

    name: str
    same_shape: bool
    finite: bool
    varies: bool
    largest_difference: float
    scale: float
    snr_db: float
    top1: float | None
    parts: tuple[PartAgreement, ...] = ()
    lost: tuple[PartAgreement, ...] = ()
    bounded: bool = False

    @property
    def relative_difference(self) -> float:
        """The largest difference as a share of the largest value."""
        if self.largest_difference == 0:
            return 0.0
        return self.largest_difference / self.scale if self.scale else math.inf

    __repr__ = brief

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain values, infinities as text; parts and what is lost only where there are any."""
        joined = {"parts": self.parts, "lost": self.lost}
        left_out = {*joined, "bounded"}
        figures = {key: getattr(self, key) for key in self.__dataclass_fields__ if key not in left_out}
        plain = {key: str(value) if value in (math.inf, -math.inf) else value for key, value in figures.items()}
        return plain | {key: [part.to_dict() for part in parts] for key, parts in joined.items() if parts}


@dataclass(frozen=True)
class Agreement:
    """The comparison of all outputs over `samples` inputs."""

    samples: int
    outputs: tuple[OutputAgreement, ...]

    @property
    def sound(self) -> bool:
        """Whether the shapes agree and every number is finite."""
        return all(output.same_shape and output.finite for output in self.outputs)

    @property
    def vacuous(self) -> bool:
        """Whether no output varied: then agreement means nothing."""
        return not any(output.varies for output in self.outputs)

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain values, infinities as text."""
        return {"samples": self.samples, "outputs": [output.to_dict() for output in self.outputs]}

    __repr__ = brief


def agreement(a: ModelLike | Run, b: ModelLike | Run, inputs: Iterable[Sample]) -> Agreement:
    """Run both models on the same inputs and compare their real-valued outputs; A is the reference.

    `inputs` are samples of real numbers (see `Runner`); a function may stand for a model.
    Raises `DataError` where there are no inputs or the numbers of outputs differ.

    >>> sample = np.random.default_rng(0).uniform(0, 255, (1, 128, 128, 3)).astype(np.float32)
    >>> same = ew.agreement("small.tflite", "small.tflite", [sample])
    >>> same.sound, same.outputs[0].largest_difference
    (True, 0.0)
    """
    samples, (first, second) = list(inputs), [model if callable(model) else read_model(model) for model in (a, b)]
    parts = parts_of(second) if isinstance(second, ModelFile) else None
    return compare(_results(first, samples), _results(second, samples), _names(second), parts)


def compare(
    a: Sequence[Sequence[Array]],
    b: Sequence[Sequence[Array]],
    names: Sequence[str] = (),
    parts: Sequence[Sequence[Part]] | None = None,
) -> Agreement:
    """Compare recorded outputs: for each sample the list of the model's outputs, A being the reference.

    `parts` are those of each output (`parts_of`); without them outputs are compared as wholes.
    """
    if not len(a) or len(a) != len(b):
        raise DataError(f"agreement needs as many results of both models, and at least one: {len(a)} and {len(b)}")
    counts = {len(outputs) for outputs in (*a, *b)}
    if len(counts) != 1:
        raise DataError(f"the models have different numbers of outputs: {sorted(counts)}")
    width = counts.pop()
    labels = [*names, *(f"output {index}" for index in range(len(names), width))]
    columns = [([np.asarray(one[i]) for one in a], [np.asarray(one[i]) for one in b]) for i in range(width)]
    outputs = tuple(_compare(name, *column) for name, column in zip(labels, columns, strict=False))
    if parts is not None:
        outputs = tuple(map(_with_parts, outputs, *zip(*columns, strict=True), parts))
    return Agreement(len(a), outputs)


def _results(model: ModelFile | Run, samples: Sequence[Sample]) -> list[Sequence[Array]]:
    if isinstance(model, ModelFile):
        with Runner(model) as run:
            return [run(sample) for sample in samples]
    return [model(sample) for sample in samples]


def _names(model: ModelFile | Run) -> list[str]:
    return [spec.name for spec in model.outputs] if isinstance(model, ModelFile) else []


def _compare(name: str, a: list[Array], b: list[Array]) -> OutputAgreement:
    finite = _finite(a) and _finite(b)
    if any(ours.shape != theirs.shape for ours, theirs in zip(a, b, strict=True)):
        return OutputAgreement(name, False, finite, _varies(a), math.inf, largest_of(a), -math.inf, None)
    differences = [real(ours) - real(theirs) for ours, theirs in zip(a, b, strict=True)] if finite else []
    return OutputAgreement(
        name=name,
        same_shape=True,
        finite=finite,
        varies=_varies(a),
        largest_difference=largest_of(differences) if finite else math.inf,
        scale=largest_of(a),
        snr_db=signal_to_noise(_energy(a), _energy(differences)) if finite else -math.inf,
        top1=_top1(a, b),
    )


def _with_parts(whole: OutputAgreement, a: list[Array], b: list[Array], parts: Sequence[Part]) -> OutputAgreement:
    if not (whole.same_shape and whole.finite):
        return whole
    bounded = all(part.bounded for part in parts)
    return replace(whole, parts=compare_parts(a, b, parts), lost=lost_entries(a, b, parts), bounded=bounded)


def _finite(arrays: list[Array]) -> bool:
    """Whether all is finite; nothing at all is: an output may be empty for an input in which there is nothing."""
    return all(bool(np.isfinite(real(array)).all()) for array in arrays)


def _varies(arrays: list[Array]) -> bool:
    first = arrays[0]
    if len({array.shape for array in arrays}) > 1:
        return True
    spread = max((float(np.abs(real(array) - real(first)).max()) for array in arrays if array.size), default=0.0)
    return spread > _CONSTANT * max(largest_of(arrays), float(np.finfo(np.float32).tiny))


def _energy(arrays: Sequence[Array]) -> float:
    return sum(float(np.square(real(array)).sum()) for array in arrays)


def _top1(a: list[Array], b: list[Array]) -> float | None:
    if not a[0].ndim or a[0].shape[-1] < 2 or not all(array.size for array in a):
        return None
    same = [ours.argmax(-1) == theirs.argmax(-1) for ours, theirs in zip(a, b, strict=True)]
    return float(np.concatenate([np.atleast_1d(rows).ravel() for rows in same]).mean())
