"""The OpenVINO engine: Intel's runtime reads `.tflite` files itself, and is often faster on x86 processors.

OpenVINO computes in bfloat16 or float16 by default where the processor can, which changes answers. Here it computes in
float32 unless `allow_reduced_precision` is given.
"""

from __future__ import annotations

import contextlib
import functools
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from edgewright.engine.engine import Array, Inputs
from edgewright.engine.feeds import Feeds, Shapes
from edgewright.engine.quiet import Said, quiet
from edgewright.errors import EngineError, MissingExtraError
from edgewright.model import ModelFile, TensorSpec

_DEVICE = "CPU"
_UNKNOWN_OPERATOR = re.compile(r"No translator found for (\S+) node")


class OpenVINOEngine:
    """Runs a model with OpenVINO on the processor; made by `open_engine(model, engine="openvino")`.

    The first array whose free dimensions are not those of the file compiles the model once more, with those left free.
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
            self._free: Any = _read(model)
            self._inputs = _ports(self._free.inputs, model.inputs)
            self._outputs = _ports(self._free.outputs, model.outputs)
            self._feeds = Feeds(model)
            self._request: Any = self._compile(_fixed(self._free, self._inputs, self._feeds.shapes.values()))

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
        self._request = self._free = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _compile(self, model: Any) -> Any:
        return _core().compile_model(model, _DEVICE, self._settings).create_infer_request()

    def _adapt(self, shapes: Shapes) -> None:
        """Leave the free dimensions free from the first array on that needs it; the compiled model then takes any."""
        if shapes == self._feeds.shapes:
            return
        if self._free is not None:
            with self._explained():
                self._request = self._compile(self._free)
            self._free = None
        self._feeds.shapes = shapes

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what is raised into one line with the model's name, and hold back what OpenVINO prints."""
        try:
            with quiet(Said()):
                yield
        except (RuntimeError, _Unlike) as error:
            raise EngineError(f"{self._model_name}: {_says(error)}") from error


class _Unlike(Exception):  # noqa: N818 - becomes an EngineError as soon as the model's name is known
    """OpenVINO presents an input or output otherwise than the file."""


@functools.cache
def _core() -> Any:
    """OpenVINO's one entry. Its package brings a converter with telemetry, which is never called: nothing is sent."""
    try:
        from openvino import Core
    except ImportError as error:
        raise MissingExtraError("The engine 'openvino'", "openvino") from error
    core = Core()
    core.set_property({"ENABLE_MMAP": False})  # the file is removed as soon as it is read
    return core


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


def _fixed(model: Any, ports: Sequence[int], shapes: Iterable[tuple[int, ...]]) -> Any:
    """A copy in which free dimensions have the file's sizes, for which OpenVINO makes faster code."""
    if not model.is_dynamic():
        return model
    copy = model.clone()
    copy.reshape(dict(zip(ports, map(list, shapes), strict=True)))
    return copy


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

    dtype = np.dtype(port.get_element_type().to_dtype()).name
    # An empty shape in a file can also mean that it is not known.
    fits = not spec.shape or port.get_partial_shape().compatible(PartialShape(list(spec.shape)))
    if dtype != spec.dtype or not fits:
        raise _Unlike(
            f"OpenVINO presents tensor '{spec.name}' as {dtype} {port.get_partial_shape()}, "
            f"and in the file it is {spec.dtype} {list(spec.shape)}"
        )


def _says(error: Exception) -> str:
    if isinstance(error, _Unlike):
        return f"{error}. Use engine='litert'"
    if found := _UNKNOWN_OPERATOR.search(str(error)):
        return f"OpenVINO does not know the operator {found[1]}. Use engine='litert'"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"OpenVINO says: {lines[-1] if lines else 'nothing'}. Use engine='litert'"
