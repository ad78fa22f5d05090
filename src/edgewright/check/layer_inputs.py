"""The inputs of a comparison layer by layer: prepared as the file says, and within the range that it is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.convert import ConversionOptions, Normalization
from edgewright.errors import DataError
from edgewright.model import ModelFile, TensorSpec

Array = npt.NDArray[Any]

_BRIGHTEST = 255.0
# How far inputs may lie outside of what a file was calibrated with, as a share of that range: other data differ.
_BEYOND = 0.5


class _Range(NamedTuple):
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.4g} to {self.high:.4g}"


def as_the_file_says(options: ConversionOptions, model: ModelFile) -> ConversionOptions:
    """The options with the file's own normalization where the caller says none.

    Made-up inputs of a file that says none either lie where it was calibrated.
    """
    if options.normalization is not None or options.series is not None or len(model.inputs) != 1:
        return options
    said = model.metadata.inputs[0] if model.metadata.inputs else None
    if said is not None and said.kind in (None, "image") and said.mean and min(said.std) > 0:
        return replace(options, normalization=Normalization(said.mean, said.std))
    calibrated = _calibrated(model)
    if calibrated is None or options.representative:
        return options
    std = _BRIGHTEST / (calibrated.high - calibrated.low)
    return replace(options, normalization=Normalization((-calibrated.low * std,), (std,)))


def require_in_range(model: ModelFile, inputs: Sequence[Sequence[Array]], options: ConversionOptions) -> None:
    """Raise `DataError` for real numbers most of which lie far outside of what a quantized file can take in."""
    calibrated = _calibrated(model)
    if calibrated is None or any(array.dtype.kind != "f" for arrays in inputs for array in arrays):
        return
    given = _Range(*(float(end([end(arrays[0]) for arrays in inputs])) for end in (np.min, np.max)))
    slack = _BEYOND * (calibrated.high - calibrated.low)
    if calibrated.low - slack <= given.low and given.high <= calibrated.high + slack:
        return
    data = options.representative
    name = data.name if isinstance(data, Path) else "the data"
    raise DataError(
        f"{name}: numbers from {given} go into {model.name}, which takes {calibrated} and cuts off the rest. Convert "
        "the model with its mean and std, so that the file says how they are prepared"
    )


def _calibrated(model: ModelFile) -> _Range | None:
    """From where to where the one input goes that a file quantizes, itself or with its first operator."""
    if len(model.inputs) != 1:
        return None
    spec = _stored(model, model.inputs[0])
    if spec.dtype not in ("int8", "uint8") or len(spec.scale) != 1 or not spec.scale[0] > 0:
        return None
    limits, zero_point = np.iinfo(spec.dtype), spec.zero_point[0] if spec.zero_point else 0
    low, high = (float((end - zero_point) * spec.scale[0]) for end in (limits.min, limits.max))
    return _Range(low, high)


def _stored(model: ModelFile, spec: TensorSpec) -> TensorSpec:
    readers = [operator for operator in model.ops if spec.index in operator.inputs]
    quantizes = len(readers) == 1 and readers[0].name == "QUANTIZE"
    return model.main.tensors[readers[0].outputs[0]] if quantizes else spec
