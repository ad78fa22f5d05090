"""Inputs for measuring: several different ones, of the values that a model would really meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.engine import SMALLEST_TABLE
from edgewright.errors import UsageError
from edgewright.model import InputMetadata, ModelFile, TensorSpec

Array = npt.NDArray[Any]
Inputs = Mapping[str | int, Array]

VARIED = 4
"""How many different inputs take turns, so that no cache of a runtime or processor sees the same one over and over."""

_SEED = 20


def random_inputs(model: ModelFile, count: int = VARIED) -> list[Inputs]:
    """`count` inputs by tensor index, the same ones for models with the same shapes, whatever their types.

    Values are uniform: floats over the range that the metadata implies (else -1 to 1), quantized integers over all
    stored numbers, plain integers 0 or 1. A free dimension is 1. Raises `UsageError` for a model that takes text.
    """
    random = np.random.default_rng(_SEED)
    described = [*model.metadata.inputs, *[InputMetadata()] * len(model.inputs)]
    return [
        {
            spec.index: _stored(random.random(spec.shape, np.float32), spec, said, model.name)
            for spec, said in zip(model.inputs, described, strict=False)
        }
        for _ in range(count)
    ]


def check_comparable(model: ModelFile, baseline: ModelFile) -> None:
    """Raise `UsageError` where two models cannot be given the same inputs; their types may differ."""
    mine, theirs = _shapes(model), _shapes(baseline)
    if mine != theirs:
        raise UsageError(
            f"{baseline.name}: as a baseline it has to take the same input as {model.name}, which is "
            f"{_words(mine)}; it takes {_words(theirs)}. Measure the two one by one"
        )


def _stored(unit: Array, spec: TensorSpec, said: InputMetadata, name: str) -> Array:
    """Numbers from 0 to 1 as values of the tensor."""
    if spec.dtype == "bool":
        return np.asarray(unit < 0.5)
    if "int" in spec.dtype and hasattr(np, spec.dtype):
        return _integers(unit, spec)
    if spec.dtype.startswith(("float", "complex")) and hasattr(np, spec.dtype):
        return np.asarray(_in_range(unit, said).astype(spec.dtype))
    raise UsageError(f"{name}: input {spec.name!r} takes {spec.dtype}, for which no inputs can be made up")


def _integers(unit: Array, spec: TensorSpec) -> Array:
    dtype = np.dtype(spec.dtype)
    if not (spec.quantized or dtype.itemsize == 1):
        return np.asarray((unit * SMALLEST_TABLE).astype(dtype))
    limits = np.iinfo(dtype)
    return np.asarray(
        np.floor(limits.min + unit.astype(np.float64) * (float(limits.max) - limits.min + 1)).astype(dtype)
    )


def _in_range(unit: Array, said: InputMetadata) -> Array:
    """Pixels as the metadata normalizes them, along the last axis where each channel has its own numbers."""
    if not said.mean or len(said.mean) not in (1, *unit.shape[-1:]):
        return unit * 2 - 1
    return (unit * 255 - np.asarray(said.mean, np.float32)) / np.asarray(said.std, np.float32)


def _shapes(model: ModelFile) -> list[tuple[int, ...]]:
    return [spec.shape for spec in model.inputs]


def _words(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join("×".join(map(str, shape)) or "one number" for shape in shapes) or "nothing"
