"""The OpenVINO engine: Intel's runtime reads `.tflite` files itself, and is often faster on x86 processors.

OpenVINO computes in bfloat16 or float16 by default where the processor can, which changes answers. Here it computes in
float32 unless `allow_reduced_precision` is given, and without its telemetry.
"""

from __future__ import annotations

import contextlib
import functools
import re
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from edgewright.engine.engine import Array, Inputs
from edgewright.engine.feeds import Feeds, Shapes
from edgewright.engine.quiet import Said, quiet
from edgewright.errors import InterpreterError, MissingExtraError
from edgewright.model import ModelFile, TensorSpec
from edgewright.spelling import argument

_DEVICE = "CPU"
_KEPT = 4
_TELEMETRY = "openvino_telemetry"
_one_at_a_time = threading.Lock()
_UNKNOWN_OPERATOR = re.compile(r"No translator found for (\S+) node")


class OpenVINOEngine:
    """Runs a model with OpenVINO on the processor; made by `open_engine(model, engine="openvino")`.

    Free dimensions that get another size compile the model once more; the last few sizes stay compiled.
    """

    def __init__(
        self,
        model: ModelFile,
        *,
        threads: int = 1,
        preserve_all_tensors: bool = False,
        allow_reduced_precision: bool = False,
    ) -> None:
        """`allow_reduced_precision` lets OpenVINO choose its precision; it shows no intermediate tensors."""
        self.inputs: tuple[TensorSpec, ...] = model.inputs
        self.outputs: tuple[TensorSpec, ...] = model.outputs
        self._model_name = model.name
        self._settings = _settings(threads, allow_reduced_precision)
        with self._explained():
            self._read: Any = _read(model)
            self._inputs = _ports(self._read.inputs, model.inputs)
            self._outputs = _ports(self._read.outputs, model.outputs)
            self._feeds = Feeds(model)
            self._requests: dict[tuple[tuple[int, ...], ...], Any] = {}
            self._request: Any = self._compiled(self._feeds.shapes)

    def run(self, inputs: Inputs) -> list[Array]:
        """Run the model once and return its outputs (copies), in the file's order; see `Engine.run`."""
        if self._request is None:
            raise self._feeds.closed()
        arrays = self._feeds.by_index(inputs)
        if not self._feeds.as_they_are(arrays):
            self._adapt(self._feeds.wanted(arrays))
        values = {port: arrays[spec.index] for port, spec in zip(self._inputs, self.inputs, strict=True)}
        try:
            self._request.infer(values, share_inputs=True, share_outputs=True)
        except RuntimeError as error:
            raise self._feeds.error(_says(error)) from error
        return [np.array(self._request.get_output_tensor(port).data) for port in self._outputs]

    def close(self) -> None:
        """Free the model's memory; a closed engine cannot run. Closing twice is allowed."""
        self._request = self._read = None
        self._requests.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _adapt(self, shapes: Shapes) -> None:
        if shapes != self._feeds.shapes:
            with self._explained():
                self._request = self._compiled(shapes)
            self._feeds.shapes = shapes

    def _compiled(self, shapes: Shapes) -> Any:
        """A request for inputs of exactly these shapes: OpenVINO checks them only while it compiles."""
        sizes = tuple(shapes[spec.index] for spec in self.inputs)
        request = self._requests.pop(sizes, None) or self._compile(sizes)
        self._requests[sizes] = request
        for oldest in list(self._requests)[:-_KEPT]:
            del self._requests[oldest]
        return request

    def _compile(self, sizes: Sequence[tuple[int, ...]]) -> Any:
        model = self._read.clone()
        model.reshape(dict(zip(self._inputs, map(list, sizes), strict=True)))
        return _core().compile_model(model, _DEVICE, self._settings).create_infer_request()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what is raised into one line with the model's name, and hold back what OpenVINO prints."""
        try:
            with quiet(Said()):
                yield
        except (RuntimeError, _Unlike) as error:
            raise InterpreterError(f"{self._model_name}: {_says(error)}") from error


class _Unlike(Exception):  # noqa: N818 - becomes an InterpreterError as soon as the model's name is known
    """OpenVINO presents an input or output otherwise than the file."""


@functools.cache
def _core() -> Any:
    """OpenVINO's one entry."""
    try:
        with _without_telemetry():
            from openvino import Core
    except ImportError as error:
        raise MissingExtraError("The engine 'openvino'", "openvino") from error
    core = Core()
    core.set_property({"ENABLE_MMAP": False})  # the file is removed as soon as it is read
    return core


@contextlib.contextmanager
def _without_telemetry() -> Iterator[None]:
    """Hold a package back that reports each import of OpenVINO, under an identifier that it keeps in the home folder.

    OpenVINO does without it where it cannot be loaded. A program that has imported OpenVINO itself decided for itself.
    """
    with _one_at_a_time:
        before = {name: sys.modules[name] for name in [_TELEMETRY] if name in sys.modules}
        sys.modules[_TELEMETRY] = None  # type: ignore[assignment]  # the documented way to make an import fail
        try:
            yield
        finally:
            del sys.modules[_TELEMETRY]
            sys.modules.update(before)


def _settings(threads: int, allow_reduced_precision: bool) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        # Two engines of one process would be pinned to the same cores.
        "ENABLE_CPU_PINNING": False,
    }
    return settings if allow_reduced_precision else settings | {"INFERENCE_PRECISION_HINT": "f32"}


def _read(model: ModelFile) -> Any:
    """OpenVINO's form of the model. It reads this format from files only: one with the verified bytes, then removed."""
    with tempfile.TemporaryDirectory(prefix="edgewright-", ignore_cleanup_errors=True) as folder:
        path = Path(folder, "model.tflite")
        path.write_bytes(model.data)
        return _core().read_model(path)


def _ports(ports: Sequence[Any], specs: Sequence[TensorSpec]) -> list[int]:
    """Place of each tensor among OpenVINO's ports, found by name; each must be what the file says of it."""
    if len(ports) != len(specs):
        raise _Unlike(f"OpenVINO makes {len(ports)} tensors of {len(specs)} inputs or outputs")
    places = []
    for spec in specs:
        found = [place for place, port in enumerate(ports) if spec.name in port.get_names()]
        if len(found) != 1 or found[0] in places:
            raise _Unlike(f"OpenVINO does not tell tensor '{spec.name}' from the others")
        _check(ports[found[0]], spec)
        places += found
    return places


def _check(port: Any, spec: TensorSpec) -> None:
    from openvino import PartialShape

    try:
        dtype = np.dtype(port.get_element_type().to_dtype()).name
    except IndexError:  # a type without a counterpart in NumPy
        dtype = port.get_element_type().get_type_name()
    # An empty shape in a file can also mean that it is not known.
    fits = not spec.shape or port.get_partial_shape().compatible(PartialShape(list(spec.shape)))
    if dtype != spec.dtype or not fits:
        raise _Unlike(
            f"OpenVINO presents tensor '{spec.name}' as {dtype} {port.get_partial_shape()}, "
            f"and in the file it is {spec.dtype} {list(spec.shape)}"
        )


def _says(error: Exception) -> str:
    return f"{_reason(error).rstrip('.')}. Use {argument('engine', 'litert')}"


def _reason(error: Exception) -> str:
    if isinstance(error, _Unlike):
        return str(error)
    if found := _UNKNOWN_OPERATOR.search(str(error)):
        return f"OpenVINO does not know the operator {found[1]}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"OpenVINO says: {lines[-1] if lines else 'nothing'}"
