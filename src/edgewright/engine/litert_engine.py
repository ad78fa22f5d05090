"""The LiteRT engine: the protocol of all engines over `Interpreter`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from edgewright.engine.construction import OpResolverType
from edgewright.engine.delegates import Delegate, load_delegate
from edgewright.engine.engine import Array, Inputs
from edgewright.engine.feeds import Feeds
from edgewright.engine.litert import Interpreter
from edgewright.errors import InterpreterError
from edgewright.model import ModelFile, TensorSpec


class LiteRTEngine:
    """Runs a model with LiteRT; made by `open_engine(model)`."""

    def __init__(
        self,
        model: ModelFile,
        *,
        threads: int = 1,
        preserve_all_tensors: bool = False,
        delegates: Sequence[Delegate | str | os.PathLike[str]] = (),
        kernels: OpResolverType = OpResolverType.AUTO,
    ) -> None:
        """`delegates` are shared libraries (paths, or names that the system's loader finds) or loaded ones."""
        self.inputs: tuple[TensorSpec, ...] = model.inputs
        self.outputs: tuple[TensorSpec, ...] = model.outputs
        interpreter = Interpreter(
            model_content=model,
            num_threads=threads,
            experimental_op_resolver_type=kernels,
            experimental_preserve_all_tensors=preserve_all_tensors,
            experimental_delegates=[_loaded(one) for one in delegates],
        )
        interpreter.allocate_tensors()
        self._interpreter: Interpreter | None = interpreter
        self._output_indices = [spec.index for spec in model.outputs]
        self._feeds = Feeds(model, interpreter.get_input_details())

    def run(self, inputs: Inputs) -> list[Array]:
        """Run the model once and return its outputs (copies), in the file's order; see `Engine.run`."""
        interpreter = self._open()
        arrays = self._feeds.by_index(inputs)
        if not self._feeds.as_they_are(arrays):
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
            raise self._feeds.closed()
        return self._interpreter

    def _adapt(self, interpreter: Interpreter, arrays: Mapping[int, Array]) -> None:
        """Give free dimensions the sizes that `arrays` have; refuse what does not fit."""
        wanted = self._feeds.wanted(arrays)
        if wanted == self._feeds.shapes:
            return  # text of another kind (bytes, str, objects)
        try:
            _resize(interpreter, wanted)
        except InterpreterError:
            _resize(interpreter, self._feeds.shapes)
            raise
        self._feeds.shapes = wanted


def _loaded(delegate: Delegate | str | os.PathLike[str]) -> Any:
    return load_delegate(os.fspath(delegate)) if isinstance(delegate, str | os.PathLike) else delegate


def _resize(interpreter: Interpreter, shapes: Mapping[int, tuple[int, ...]]) -> None:
    for index, shape in shapes.items():
        interpreter.resize_tensor_input(index, shape)
    interpreter.allocate_tensors()
