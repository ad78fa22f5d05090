"""Matches what `Engine.run` is given with a model's inputs: the same words and refusals for every engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edgewright.engine.engine import Array, Inputs
from edgewright.engine.explain import does_not_fit, fits
from edgewright.errors import InterpreterError
from edgewright.model import ModelFile, TensorSpec

Shapes = dict[int, tuple[int, ...]]


class Feeds:
    """The inputs of one model. `shapes` is what each has now, by tensor index; an engine that resizes sets it."""

    def __init__(self, model: ModelFile, details: Sequence[Mapping[str, Any]] = ()) -> None:
        """`details` are the runtime's own of the inputs; without them the file's are taken."""
        self._model_name = model.name
        self._specs = model.inputs
        self._names = _input_names(model)
        self._details = {item["index"]: dict(item) for item in details or map(_described, model.inputs)}
        self._dtypes = {index: np.dtype(item["dtype"]) for index, item in self._details.items()}
        self.shapes: Shapes = {i: tuple(int(size) for size in item["shape"]) for i, item in self._details.items()}

    def by_index(self, inputs: Inputs) -> dict[int, Array]:
        """The arrays by tensor index, one for each input; raises InterpreterError for names that do not fit."""
        if not isinstance(inputs, Mapping):
            if len(self._specs) != 1:
                raise self.error(f"the model has {self._inputs_text()}, got one array. Give a dictionary by name")
            return {self._specs[0].index: np.asarray(inputs)}
        found = {self._index(key): np.asarray(value) for key, value in inputs.items()}
        if missing := [spec.name for spec in self._specs if spec.index not in found]:
            raise self.error(f"the model has {self._inputs_text()}, got no array for {', '.join(missing)}")
        return found

    def as_they_are(self, arrays: Mapping[int, Array]) -> bool:
        """Whether dtypes and shapes are those that the inputs have now."""
        return all(value.dtype == self._dtypes[i] and value.shape == self.shapes[i] for i, value in arrays.items())

    def wanted(self, arrays: Mapping[int, Array]) -> Shapes:
        """The shapes that the inputs have to get for these arrays; raises InterpreterError for what does not fit."""
        for spec in self._specs:
            self._check(spec, arrays[spec.index])
        return {index: value.shape for index, value in arrays.items()}

    def error(self, reason: str) -> InterpreterError:
        """What `run` raises, with the model's name in front."""
        return InterpreterError(f"{self._model_name}: {reason}")

    def closed(self) -> InterpreterError:
        """What a closed engine raises."""
        return self.error("the engine is closed. Open the model again with open_engine()")

    def _index(self, key: Any) -> int:
        if key not in self._names:
            raise self.error(f"there is no input {key!r}; the model has {self._inputs_text()}")
        return self._names[key]

    def _check(self, spec: TensorSpec, value: Array) -> None:
        details = {**self._details[spec.index], "shape": self.shapes[spec.index]}
        if misfit := does_not_fit(details, value):
            right_dtype = does_not_fit({**details, "shape": value.shape}, value) is None
            if not right_dtype or not fits(value.shape, spec.shape_signature or spec.shape):
                raise self.error(misfit)

    def _inputs_text(self) -> str:
        names = ", ".join(f"'{spec.name}'" for spec in self._specs)
        return f"{len(self._specs)} input{'s' if len(self._specs) != 1 else ''} ({names})"


def _described(spec: TensorSpec) -> dict[str, Any]:
    """An input as the runtime describes it."""
    return {
        "index": spec.index,
        "name": spec.name,
        "shape": spec.shape,
        "dtype": np.dtype(object if spec.dtype == "string" else spec.dtype),
        "quantization_parameters": {"scales": spec.scale, "zero_points": spec.zero_point},
    }


def _input_names(model: ModelFile) -> dict[str | int, int]:
    # The names of tensors come last: they are unique to the file, a signature's name may be another tensor's.
    names: dict[str | int, int] = {}
    for signature in model.signatures:
        if signature.subgraph == 0:
            names.update(signature.inputs)
    names.update({spec.name: spec.index for spec in model.inputs})
    names.update({spec.index: spec.index for spec in model.inputs})
    return names
