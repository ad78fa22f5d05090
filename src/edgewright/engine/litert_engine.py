"""The LiteRT engine: the protocol of all engines over `Interpreter`."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import numpy as np

from edgewright.engine.engine import Array, Inputs
from edgewright.engine.explain import does_not_fit, fits
from edgewright.engine.litert import Interpreter
from edgewright.errors import InterpreterError
from edgewright.model import ModelFile, TensorSpec


class LiteRTEngine:
    """Runs a model with LiteRT; made by `open_engine(model)`."""

    def __init__(self, model: ModelFile, *, threads: int = 1, preserve_all_tensors: bool = False) -> None:
        self.inputs: tuple[TensorSpec, ...] = model.inputs
        self.outputs: tuple[TensorSpec, ...] = model.outputs
        self._model_name = model.name
        interpreter = Interpreter(
            model_content=model, num_threads=threads, experimental_preserve_all_tensors=preserve_all_tensors
        )
        interpreter.allocate_tensors()
        self._interpreter: Interpreter | None = interpreter
        self._output_indices = [spec.index for spec in model.outputs]
        self._names = _input_names(model)
        details = interpreter.get_input_details()
        self._dtypes = {item["index"]: np.dtype(item["dtype"]) for item in details}
        self._shapes = {item["index"]: tuple(int(size) for size in item["shape"]) for item in details}

    def run(self, inputs: Inputs) -> list[Array]:
        """Run the model once and return its outputs (copies), in the file's order; see `Engine.run`."""
        interpreter = self._open()
        arrays = self._by_index(inputs)
        if any(value.dtype != self._dtypes[i] or value.shape != self._shapes[i] for i, value in arrays.items()):
            self._adapt(interpreter, arrays)
        for index, value in arrays.items():
            interpreter.set_tensor(index, value)
        interpreter.invoke()
        return [interpreter.get_tensor(index) for index in self._output_indices]

    def tensor(self, index: int) -> Array:
        """Return a copy of any tensor after a run; intermediate ones need `preserve_all_tensors`."""
        return self._open().get_tensor(index)

    def close(self) -> None:
        """Free the model's memory; a closed engine cannot run. Closing twice is allowed."""
        self._interpreter = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> Interpreter:
        if self._interpreter is None:
            raise InterpreterError(f"{self._model_name}: the engine is closed. Open the model again with open_engine()")
        return self._interpreter

    def _by_index(self, inputs: Inputs) -> dict[int, Array]:
        if not isinstance(inputs, Mapping):
            if len(self.inputs) != 1:
                raise self._error(f"the model has {self._inputs_text()}, got one array. Give a dictionary by name")
            return {self.inputs[0].index: np.asarray(inputs)}
        found = {self._index(key): np.asarray(value) for key, value in inputs.items()}
        if missing := [spec.name for spec in self.inputs if spec.index not in found]:
            raise self._error(f"the model has {self._inputs_text()}, got no array for {', '.join(missing)}")
        return found

    def _index(self, key: Any) -> int:
        if key not in self._names:
            raise self._error(f"there is no input {key!r}; the model has {self._inputs_text()}")
        return self._names[key]

    def _adapt(self, interpreter: Interpreter, arrays: Mapping[int, Array]) -> None:
        """Give free dimensions the sizes that `arrays` have; refuse what does not fit."""
        details = {item["index"]: item for item in interpreter.get_input_details()}
        for spec in self.inputs:
            self._check(spec, details[spec.index], arrays[spec.index])
        wanted = {index: value.shape for index, value in arrays.items()}
        if wanted == self._shapes:
            return  # text of another kind (bytes, str, objects)
        try:
            _resize(interpreter, wanted)
        except InterpreterError:
            _resize(interpreter, self._shapes)
            raise
        self._shapes = wanted

    def _check(self, spec: TensorSpec, details: dict[str, Any], value: Array) -> None:
        if misfit := does_not_fit(details, value):
            right_dtype = does_not_fit({**details, "shape": value.shape}, value) is None
            if not right_dtype or not fits(value.shape, spec.shape_signature or spec.shape):
                raise self._error(misfit)

    def _inputs_text(self) -> str:
        names = ", ".join(f"'{spec.name}'" for spec in self.inputs)
        return f"{len(self.inputs)} input{'s' if len(self.inputs) != 1 else ''} ({names})"

    def _error(self, reason: str) -> InterpreterError:
        return InterpreterError(f"{self._model_name}: {reason}")


def _resize(interpreter: Interpreter, shapes: Mapping[int, tuple[int, ...]]) -> None:
    for index, shape in shapes.items():
        interpreter.resize_tensor_input(index, shape)
    interpreter.allocate_tensors()


def _input_names(model: ModelFile) -> dict[str | int, int]:
    # The names of tensors come last: they are unique to the file, a signature's name may be another tensor's.
    names: dict[str | int, int] = {}
    for signature in model.signatures:
        if signature.subgraph == 0:
            names.update(signature.inputs)
    names.update({spec.name: spec.index for spec in model.inputs})
    names.update({spec.index: spec.index for spec in model.inputs})
    return names
