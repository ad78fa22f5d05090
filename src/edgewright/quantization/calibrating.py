"""The range of every activation on calibration samples: what an integer model's scales are made from."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError, QuantizationError, UsageError
from edgewright.files import write_atomic
from edgewright.machine import Progress, silent
from edgewright.model import ModelFile, TensorSpec
from edgewright.quantization.correcting import input_means
from edgewright.quantization.names import with_unique_names
from edgewright.quantization.recipes import Ranges, Recipe, quantizer_recipe

Array = npt.NDArray[Any]
Sample = Array | Sequence[Array]
"""The model's only input, or all of them in its order."""


# Where outliers are rare, cutting them off costs little and makes the steps finer; beyond 5% it cost more than it gave
# on the two models that it was tried on.
_TRIMMED = 3.0

_MEAN = "mean "  # and the operator's index: the name of an array in the saved file


@dataclass(frozen=True, eq=False)
class Calibration:
    """The smallest and largest value of each activation in each sample.

    `names`: (t,) str, tensors of the model under `with_unique_names`. `lows`, `highs`: (t, n) float32 for n samples.
    `means`: the mean input of operators, (channels,) float32 by operator, see `correcting.input_means`.
    The quantizer itself keeps a moving average of these over the samples, which starts at the first one and follows
    the last ones: with 100 samples the ranges of a rare class are cut off. So all are kept, and the recipe says how
    they become one range.
    """

    names: tuple[str, ...]
    lows: Array
    highs: Array
    means: Mapping[int, Array]

    def ranges(self, how: Ranges) -> dict[str, dict[str, Array]]:
        """Return the range of each tensor as the quantizer takes it: {"min": (1,), "max": (1,)} float32 by name.

        "extremes": over all samples. "trimmed": a share of the samples may reach further, `_TRIMMED` percent each way.
        """
        cut = _TRIMMED if how == "trimmed" else 0.0
        lows, highs = np.percentile(self.lows, cut, axis=1), np.percentile(self.highs, 100 - cut, axis=1)
        pairs = zip(self.names, lows, highs, strict=True)
        return {name: {"min": _one(low), "max": _one(high)} for name, low, high in pairs}

    def save(self, path: Path) -> Path:
        """Write it in one step."""
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {f"{_MEAN}{index}": mean for index, mean in self.means.items()}
        np.savez(buffer, names=np.array(self.names, np.str_), lows=self.lows, highs=self.highs, **arrays)
        write_atomic(path, buffer.getvalue(), overwrite=True)
        return path

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            means = {int(key.removeprefix(_MEAN)): stored[key] for key in stored.files if key.startswith(_MEAN)}
            return cls(tuple(map(str, stored["names"])), stored["lows"], stored["highs"], means)


def calibrate(model: ModelFile, samples: Sequence[Sample], progress: Progress = silent) -> Calibration:
    """Run the model on real-valued samples and note the extremes of every activation.

    Prints, and keeps all activations of one sample in memory: call it in a child process. Raises `DataError` for
    samples of another shape than the input's (the quantizer would resize the model to them in silence), and
    `QuantizationError` where the model has no signature, or activations that are not finite.
    """
    from litert_quantizer import calibrator, recipe_manager

    model = with_unique_names(model)
    signature, names = _called(model)
    rules = recipe_manager.RecipeManager()
    rules.load_quantization_recipe(quantizer_recipe(_WIDEST, model))
    try:
        run = calibrator.Calibrator(model.data, num_threads=1, qsv_update_func=_collect)
    except (RuntimeError, ValueError) as error:  # an operator that the interpreter does not have
        raise QuantizationError(f"{model.name}: cannot be run here: {' '.join(str(error).split())}") from error
    shaped = _shaped(model, samples)
    for done, sample in enumerate(shaped):
        progress("calibrating", done, len(shaped))
        run.calibrate({signature: [dict(zip(names, sample, strict=True))]}, rules)
    progress("calibrating", len(shaped), len(shaped))
    tensors, lows, highs = _collected(model, run.get_model_qsvs(), len(shaped))
    return Calibration(tensors, lows, highs, input_means(model, shaped, progress))


# It covers the most kinds of operators; the ranges serve all others.
_WIDEST = Recipe("widest", "int8", "int8")


def _one(value: float) -> Array:
    return np.array([value], np.float32)


def _called(model: ModelFile) -> tuple[str, list[str]]:
    """The signature's key, and what it calls the inputs, in the model's order."""
    if not model.signatures:
        raise QuantizationError(f"{model.name}: has no signature. Rewrite it first: edgewright.rewrite.rewrite(model)")
    whole = [one for one in model.signatures if one.subgraph == 0 and {*model.main.inputs} == {*one.inputs.values()}]
    if not whole:
        raise QuantizationError(
            f"{model.name}: none of its signatures has all inputs of the model. Convert it again with one that has"
        )
    signature = whole[0]
    names = {index: name for name, index in signature.inputs.items()}
    return signature.key, [names[spec.index] for spec in model.inputs]


def _shaped(model: ModelFile, samples: Sequence[Sample]) -> list[list[Array]]:
    if not len(samples):
        raise UsageError(f"{model.name}: no samples to calibrate with")
    listed = [[sample] if isinstance(sample, np.ndarray) else list(sample) for sample in samples]
    if (wrong := next((arrays for arrays in listed if len(arrays) != len(model.inputs)), None)) is not None:
        raise DataError(f"{model.name}: takes {len(model.inputs)} inputs, and a sample has {len(wrong)} arrays")
    return [[_fitted(array, spec) for array, spec in zip(arrays, model.inputs, strict=True)] for arrays in listed]


def _fitted(array: Array, spec: TensorSpec) -> Array:
    if array.shape != spec.shape and (1, *array.shape) != spec.shape:
        raise DataError(f"input {spec.name!r} has the shape {list(spec.shape)}, given {list(array.shape)}")
    return np.asarray(array, spec.dtype).reshape(spec.shape)


def _collect(known: dict[str, Array], new: dict[str, Array]) -> dict[str, Array]:
    """Put the extremes of one more sample behind those of the samples before."""
    return {key: np.concatenate([np.ravel(known[key]), np.ravel(new[key])]) for key in ("min", "max")}


def _collected(
    model: ModelFile, found: dict[str, dict[str, Array]], count: int
) -> tuple[tuple[str, ...], Array, Array]:
    measured = {name: qsv for name, qsv in found.items() if qsv}
    names = tuple(sorted(measured))
    lows, highs = (
        np.array([np.ravel(measured[name][key]) for name in names], np.float32).reshape(len(names), count)
        for key in ("min", "max")
    )
    for name, low, high in zip(names, lows, highs, strict=True):
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            raise QuantizationError(f"{model.name}: {name!r} is NaN or infinite on a calibration sample")
    return names, lows, highs
