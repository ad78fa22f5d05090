"""Do two models compute the same? One comparison for conversions, rewrites, engines and quantization."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError
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
    """

    name: str
    same_shape: bool
    finite: bool
    varies: bool
    largest_difference: float
    scale: float
    snr_db: float
    top1: float | None

    @property
    def relative_difference(self) -> float:
        """The largest difference as a share of the largest value."""
        if self.largest_difference == 0:
            return 0.0
        return self.largest_difference / self.scale if self.scale else math.inf


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
        return {"samples": self.samples, "outputs": [_plain(output) for output in self.outputs]}


def agreement(a: ModelLike | Run, b: ModelLike | Run, inputs: Iterable[Sample]) -> Agreement:
    """Run both models on the same inputs and compare their real-valued outputs; A is the reference.

    `inputs` are samples of real numbers (see `Runner`); a function may stand for a model.
    Raises `DataError` where there are no inputs or the numbers of outputs differ.
    """
    samples, (first, second) = list(inputs), [model if callable(model) else read_model(model) for model in (a, b)]
    return compare(_results(first, samples), _results(second, samples), _names(second))


def compare(a: Sequence[Sequence[Array]], b: Sequence[Sequence[Array]], names: Sequence[str] = ()) -> Agreement:
    """Compare recorded outputs: for each sample the list of the model's outputs, A being the reference."""
    if not len(a) or len(a) != len(b):
        raise DataError(f"agreement needs as many results of both models, and at least one: {len(a)} and {len(b)}")
    counts = {len(outputs) for outputs in (*a, *b)}
    if len(counts) != 1:
        raise DataError(f"the models have different numbers of outputs: {sorted(counts)}")
    width = counts.pop()
    labels = [*names, *(f"output {index}" for index in range(len(names), width))]
    columns = [([np.asarray(one[i]) for one in a], [np.asarray(one[i]) for one in b]) for i in range(width)]
    return Agreement(len(a), tuple(_compare(name, *column) for name, column in zip(labels, columns, strict=False)))


def _results(model: ModelFile | Run, samples: Sequence[Sample]) -> list[Sequence[Array]]:
    if isinstance(model, ModelFile):
        with Runner(model) as run:
            return [run(sample) for sample in samples]
    return [model(sample) for sample in samples]


def _names(model: ModelFile | Run) -> list[str]:
    return [spec.name for spec in model.outputs] if isinstance(model, ModelFile) else []


def _compare(name: str, a: list[Array], b: list[Array]) -> OutputAgreement:
    if any(one.shape != other.shape for one, other in zip(a, b, strict=True)):
        return OutputAgreement(
            name, False, _finite(a) and _finite(b), _varies(a), math.inf, _largest(a), -math.inf, None
        )
    finite = _finite(a) and _finite(b)
    differences = [_real(one) - _real(other) for one, other in zip(a, b, strict=True)] if finite else []
    return OutputAgreement(
        name=name,
        same_shape=True,
        finite=finite,
        varies=_varies(a),
        largest_difference=_largest(differences) if finite else math.inf,
        scale=_largest(a),
        snr_db=_signal_to_noise(a, differences) if finite else -math.inf,
        top1=_top1(a, b),
    )


def _real(array: Array) -> npt.NDArray[np.float64]:
    return array.astype(np.float64)


def _finite(arrays: list[Array]) -> bool:
    return all(bool(np.isfinite(_real(array)).all()) and array.size > 0 for array in arrays)


def _largest(arrays: Sequence[Array]) -> float:
    return max((float(np.abs(_real(array)).max()) for array in arrays if array.size), default=0.0)


def _varies(arrays: list[Array]) -> bool:
    first = arrays[0]
    if len({array.shape for array in arrays}) > 1:
        return True
    spread = max((float(np.abs(_real(array) - _real(first)).max()) for array in arrays if array.size), default=0.0)
    return spread > _CONSTANT * max(_largest(arrays), float(np.finfo(np.float32).tiny))


def _signal_to_noise(a: list[Array], differences: Sequence[Array]) -> float:
    noise = sum(float(np.square(difference).sum()) for difference in differences)
    signal = sum(float(np.square(_real(array)).sum()) for array in a)
    if noise == 0:
        return math.inf
    return 10 * math.log10(signal / noise) if signal else -math.inf


def _top1(a: list[Array], b: list[Array]) -> float | None:
    if not a[0].ndim or a[0].shape[-1] < 2 or not all(array.size for array in a):
        return None
    same = [one.argmax(-1) == other.argmax(-1) for one, other in zip(a, b, strict=True)]
    return float(np.concatenate([np.atleast_1d(one).ravel() for one in same]).mean())


def _plain(output: OutputAgreement) -> dict[str, Any]:
    figures = {key: getattr(output, key) for key in OutputAgreement.__dataclass_fields__}
    return {key: str(value) if value in (math.inf, -math.inf) else value for key, value in figures.items()}
