"""The LiteRT engine: the protocol of all engines over `Interpreter`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self

from edgewright.engine.construction import OpResolverType
from edgewright.engine.delegates import Delegate, load_delegate
from edgewright.engine.engine import Array, Inputs
from edgewright.engine.feeds import Feeds
from edgewright.engine.litert import Interpreter
from edgewright.errors import InterpreterError
from edgewright.model import ModelFile, TensorSpec

# XNNPACK takes operators in good faith, and may find out only when it prepares or runs them that it has no kernel.
WITHOUT_XNNPACK = "XNNPACK does not run this model ({why}), so LiteRT's own kernels do, which may be slower"


class LiteRTEngine:
    """Runs a model with LiteRT; made by `open_engine(model)`.

    A model on which XNNPACK, LiteRT's delegate of fast kernels, gives up is run by LiteRT's own kernels; `notices` say
    so.
    """

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
        self.notices: tuple[str, ...] = ()
        self._make = partial(
            Interpreter,
            model_content=model,
            num_threads=threads,
            experimental_preserve_all_tensors=preserve_all_tensors,
            experimental_delegates=[_loaded(one) for one in delegates],
        )
        self._kernels = kernels
        self._interpreter: Interpreter | None = None
        try:
            self._interpreter = interpreter = _allocated(self._make, kernels)
        except InterpreterError as error:
            self._interpreter = interpreter = self._without_xnnpack(error)
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
        try:
            interpreter.invoke()
        except InterpreterError as error:
            interpreter = self._run_without_xnnpack(arrays, error)
        return [interpreter.get_tensor(index) for index in self._output_indices]

    def _without_xnnpack(self, error: InterpreterError) -> Interpreter:
        """An interpreter with LiteRT's own kernels, where it was XNNPACK that raised `error`; else raise it."""
        if self._kernels is not OpResolverType.AUTO or "xnnpack" not in error.message.lower():
            raise error
        try:
            interpreter = _allocated(self._make, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
        except InterpreterError:
            raise error from None
        self.notices = (WITHOUT_XNNPACK.format(why=error.message.removesuffix(".")),)
        self._kernels = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        return interpreter

    def _run_without_xnnpack(self, arrays: Mapping[int, Array], error: InterpreterError) -> Interpreter:
        """Run once more on LiteRT's own kernels, and stay with them where that goes well; else raise `error`."""
        before = self.notices, self._kernels
        interpreter = self._without_xnnpack(error)
        try:
            _resize(interpreter, self._feeds.shapes)
            for index, value in arrays.items():
                interpreter.set_tensor(index, value)
            interpreter.invoke()
        except InterpreterError:
            self.notices, self._kernels = before
            raise error from None
        self._interpreter = interpreter
        return interpreter

    def tensor(self, index: int) -> Array:
        """Return a copy of any tensor after a run; intermediate ones need `preserve_all_tensors`."""
        return self._open().get_tensor(index)

    def close(self) -> None:
        """Free the model's memory; a closed engine cannot run. Closing twice is allowed."""
        self._interpreter = None
        self._make = partial(Interpreter)  # the one before holds the model and its delegates

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


def _allocated(make: Callable[..., Interpreter], kernels: OpResolverType) -> Interpreter:
    interpreter = make(experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    return interpreter


def _loaded(delegate: Delegate | str | os.PathLike[str]) -> Any:
    return load_delegate(os.fspath(delegate)) if isinstance(delegate, str | os.PathLike) else delegate


def _resize(interpreter: Interpreter, shapes: Mapping[int, tuple[int, ...]]) -> None:
    for index, shape in shapes.items():
        interpreter.resize_tensor_input(index, shape)
    interpreter.allocate_tensors()
