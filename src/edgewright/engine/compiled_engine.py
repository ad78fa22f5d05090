"""The engine over LiteRT's newer interface, `CompiledModel`: the same kernels behind another interpreter.

A CompiledModel is made from the verified bytes, never from a path. Unless it was asked for the details of an output, it
reserves what the file says of it, and writes past the end where that is wrong (detectors' files say nothing). So it is
asked, and what it reserves is compared with the shapes that LiteRT's interpreter finds.
"""

from __future__ import annotations

import contextlib
import functools
import math
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np

from edgewright.engine.construction import OpResolverType
from edgewright.engine.engine import Array, Inputs
from edgewright.engine.explain import says
from edgewright.engine.feeds import Feeds, Shapes
from edgewright.engine.litert import Interpreter
from edgewright.engine.quiet import Said, quiet
from edgewright.errors import EngineError, InterpreterError
from edgewright.model import ModelFile, TensorSpec
from edgewright.spelling import argument

# The environment is shared by all models, and nothing says that it may be used by two threads while a model is made.
_one_at_a_time = threading.Lock()


class CompiledEngine:
    """Runs a model with LiteRT's CompiledModel; made by `open_engine(model, engine="litert-compiled")`."""

    def __init__(self, model: ModelFile, *, threads: int = 1, preserve_all_tensors: bool = False) -> None:
        """It shows no intermediate tensors."""
        self.inputs: tuple[TensorSpec, ...] = model.inputs
        self.outputs: tuple[TensorSpec, ...] = model.outputs
        self._model = model
        shapes = _output_shapes(model, {})
        self._feeds = Feeds(model)
        with self._explained():
            self._compiled: Any = _compile(model.data, threads)
            self._signature = _Signature.of(self._compiled, model)
            self._buffers: Any = self._reserve(shapes)
        self._fresh = True

    def run(self, inputs: Inputs) -> list[Array]:
        """Run the model once and return its outputs (copies), in the file's order; see `Engine.run`."""
        if self._compiled is None:
            raise self._feeds.closed()
        arrays = self._feeds.by_index(inputs)
        if not self._feeds.as_they_are(arrays):
            self._adapt(self._feeds.wanted(arrays))
        if self._fresh:  # the runtime says something about its first run
            with self._explained():
                return self._invoke(arrays)
        try:
            return self._invoke(arrays)
        except (RuntimeError, ValueError) as error:
            raise self._feeds.error(says(str(error))) from error

    def close(self) -> None:
        """Free the model's memory; a closed engine cannot run. Closing twice is allowed."""
        self._buffers = None
        self._compiled = None
        vars(self).pop("_model", None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _adapt(self, wanted: Shapes) -> None:
        if wanted == self._feeds.shapes:
            return
        try:
            self._resize(wanted)
        except EngineError:
            self._resize(self._feeds.shapes)
            raise
        self._feeds.shapes = wanted

    def _invoke(self, arrays: Mapping[int, Array]) -> list[Array]:
        given, made = self._buffers
        for place, spec in zip(self._signature.inputs, self.inputs, strict=True):
            given[place].write(np.ascontiguousarray(arrays[spec.index]).reshape(-1).view(np.uint8))
        self._compiled.run_by_index(self._signature.number, given, made)
        self._fresh = False
        return [_read(made[place], shape, dtype) for place, shape, dtype in self._made]

    def _resize(self, shapes: Shapes) -> None:
        made = _output_shapes(self._model, shapes)
        with self._explained():
            for place, spec in zip(self._signature.inputs, self.inputs, strict=True):
                self._compiled.resize_input_tensor(place, shapes[spec.index], self._signature.number)
            self._buffers = self._reserve(made)

    def _reserve(self, shapes: Sequence[tuple[int, ...]]) -> tuple[Any, Any]:
        """New buffers for all inputs and outputs, in the runtime's order; outputs must have these shapes."""
        given = self._compiled.create_input_buffers(self._signature.number)
        made = self._compiled.create_output_buffers(self._signature.number)
        for place, spec, shape in zip(self._signature.outputs, self.outputs, shapes, strict=True):
            reserved = tuple(made[place].get_tensor_details()["shape"])
            if reserved != shape:
                raise _not_survived(self._model, spec, f"is {list(shape)}, and it reserves {list(reserved)}")
        dtypes = [np.dtype(spec.dtype) for spec in self.outputs]
        self._made = list(zip(self._signature.outputs, shapes, dtypes, strict=True))
        return given, made

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        said = Said()
        try:
            with quiet(said):
                yield
        except (RuntimeError, ValueError) as error:
            if isinstance(error, InterpreterError):
                raise
            raise InterpreterError(f"{self._model.name}: {says(f'{error} {said.text}')}") from error


@dataclass(frozen=True)
class _Signature:
    """The signature that is the whole model: its number, and for each of the file's tensors the place of its buffer."""

    number: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @classmethod
    def of(cls, compiled: Any, model: ModelFile) -> _Signature:
        whole = {signature.key for signature in model.signatures if signature.subgraph == 0}
        # The details must be asked for: without that the runtime does not know the real shapes of the outputs.
        for number, key in enumerate(compiled.get_signature_list()):
            if key in whole or not model.signatures:
                named = compiled.get_signature_by_index(number)
                inputs = _places(model.inputs, named["inputs"], compiled.get_input_tensor_details(key))
                outputs = _places(model.outputs, named["outputs"], compiled.get_output_tensor_details(key))
                if inputs is not None and outputs is not None:
                    return cls(number, inputs, outputs)
        raise InterpreterError(
            f"{model.name}: CompiledModel runs signatures, and none of this file's has all inputs and outputs. "
            f"Use {argument('engine', 'litert')}"
        )


def _places(
    specs: tuple[TensorSpec, ...], names: list[str], details: Mapping[str, Mapping[str, Any]]
) -> tuple[int, ...] | None:
    """Where each tensor's buffer is among those of the signature; `None` unless they are the same tensors."""
    places = {(details[name]["index"], details[name]["dtype"]): place for place, name in enumerate(names)}
    if len(places) != len(specs) or any((spec.index, spec.dtype) not in places for spec in specs):
        return None
    return tuple(places[spec.index, spec.dtype] for spec in specs)


def _read(buffer: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    # As bytes: the binding has no name for 64-bit integers, and checks nothing by it.
    stored: Array = buffer.read(math.prod(shape) * dtype.itemsize, np.uint8)
    return stored.view(dtype).reshape(shape)


def _output_shapes(model: ModelFile, shapes: Shapes) -> list[tuple[int, ...]]:
    """The outputs' real shapes for inputs of these shapes (none: the file's), from LiteRT's interpreter."""
    interpreter = Interpreter(
        model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    for index, shape in shapes.items():
        interpreter.resize_tensor_input(index, shape)
    interpreter.allocate_tensors()
    return [_shape(model, interpreter, spec) for spec in model.outputs]


def _shape(model: ModelFile, interpreter: Interpreter, spec: TensorSpec) -> tuple[int, ...]:
    if spec.dtype == "string":
        raise _not_survived(model, spec, "is text")
    try:
        return interpreter.get_tensor(spec.index).shape
    except InterpreterError:
        raise _not_survived(model, spec, "has a shape that is known only after a run") from None


def _not_survived(model: ModelFile, spec: TensorSpec, what: str) -> EngineError:
    remedy = f"Use {argument('engine', 'litert')}"
    return EngineError(f"{model.name}: output '{spec.name}' {what}, which CompiledModel cannot do. {remedy}")


def _compile(data: bytes, threads: int) -> Any:
    try:
        from ai_edge_litert.compiled_model import CompiledModel
        from ai_edge_litert.hardware_accelerator import HardwareAccelerator
        from ai_edge_litert.options import CpuOptions, Options
    except ImportError as error:
        raise EngineError(
            f"the engine 'litert-compiled' cannot be loaded ({error}). Run: pip install 'ai-edge-litert>=2.3'"
        ) from error
    options = Options(hardware_accelerators=HardwareAccelerator.CPU, cpu_options=CpuOptions(num_threads=threads))
    with _one_at_a_time:
        compiled = CompiledModel.from_buffer(data, environment=_environment(), options=options)
    compiled.model_data = data  # the runtime keeps no copy of the bytes, and a run may outlast the engine
    return compiled


class _Last:
    """Goes with the module, after all that a program has to say at its end; from then on descriptor 2 leads nowhere.

    LiteRT announces the end of an environment of its own after Python has ended, where nobody can hold it back.
    """

    def __init__(self) -> None:
        self._null = os.open(os.devnull, os.O_WRONLY)

    # What it needs comes as defaults: the names of modules may be gone by then.
    def __del__(self, ends: Callable[[], bool] = sys.is_finalizing, lead: Callable[[int, int], int] = os.dup2) -> None:
        if ends():
            lead(self._null, 2)


_LAST: list[_Last] = []


@functools.cache
def _environment() -> Any:
    from ai_edge_litert.environment import Environment, EnvironmentOptions

    _LAST.append(_Last())
    # A folder that is none: without one it looks for accelerators and loads the library of one for GPUs.
    return Environment.create(options=EnvironmentOptions(runtime_path="/nonexistent"))
