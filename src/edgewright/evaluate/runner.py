"""A model as a function of real numbers, whatever its tensors store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.engine import Engine, open_engine
from edgewright.errors import DataError
from edgewright.media import quantize
from edgewright.model import ModelFile, TensorSpec
from edgewright.task import dequantize

Array = npt.NDArray[Any]
Sample = Array | Sequence[Array] | Mapping[str, Array]


class Runner:
    """Quantizes what goes in, runs the engine, dequantizes what comes out. Use it in a `with` block."""

    def __init__(self, model: ModelFile | Engine, *, threads: int = 1) -> None:
        """Open an engine for a model file; a given engine is used and left open."""
        self.engine: Engine = open_engine(model, threads=threads) if isinstance(model, ModelFile) else model
        self._owned = isinstance(model, ModelFile)
        self.inputs: tuple[TensorSpec, ...] = self.engine.inputs
        self.outputs: tuple[TensorSpec, ...] = self.engine.outputs

    def __call__(self, sample: Sample) -> list[Array]:
        """Run one sample of real numbers; the outputs are real numbers, in the model's order.

        A sample is one array, several in the order of the inputs, or a mapping by the inputs' names. A missing or
        extra batch dimension of 1 is put right. Raises `DataError` where a shape does not fit.
        """
        return self.answer(self.stored(sample))

    def answer(self, stored: Mapping[str | int, Array]) -> list[Array]:
        """Run what the model's tensors store; the outputs are real numbers, in the model's order."""
        outputs = self.engine.run(stored)
        return [dequantize(array, spec) for array, spec in zip(outputs, self.outputs, strict=True)]

    def stored(self, sample: Sample) -> dict[str | int, Array]:
        """What the model's tensors store for a sample, by tensor index."""
        arrays = self._in_order(sample)
        return {
            spec.index: quantize(_fitted(array, spec), spec) for array, spec in zip(arrays, self.inputs, strict=True)
        }

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._owned:
            self.engine.close()

    def _in_order(self, sample: Sample) -> list[Array]:
        if isinstance(sample, Mapping):
            missing = [spec.name for spec in self.inputs if spec.name not in sample]
            if missing:
                raise DataError(f"no values for the inputs {', '.join(missing)}; given: {', '.join(sample) or 'none'}")
            return [np.asarray(sample[spec.name]) for spec in self.inputs]
        arrays = [np.asarray(one) for one in sample] if isinstance(sample, list | tuple) else [np.asarray(sample)]
        if len(arrays) != len(self.inputs):
            raise DataError(f"{len(arrays)} arrays for a model with {len(self.inputs)} inputs")
        return arrays


def _fitted(array: Array, spec: TensorSpec) -> Array:
    """The array in the input's shape, where they differ in dimensions of size 1 only."""
    fixed = [size for size in spec.shape if size != 1]
    if array.shape == spec.shape or -1 in spec.shape_signature:
        return array
    if [size for size in array.shape if size != 1] != fixed:
        raise DataError(f"input {spec.name!r} has the shape {list(spec.shape)}, given {list(array.shape)}")
    return array.reshape(spec.shape)
