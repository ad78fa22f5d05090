"""Runs an ONNX model with onnxruntime: what its conversion is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edgewright.convert.representative import Array
from edgewright.convert.sources.failures import RAISED, first_line
from edgewright.convert.sources.onnx.runtime import start_onnxruntime
from edgewright.errors import ConversionError


class Session:
    """A model that is loaded, on the processor, in silence."""

    def __init__(self, model: Any, name: str) -> None:
        """Load it; raises `ConversionError` where onnxruntime does not take it. `name` stands for it in messages."""
        runtime = start_onnxruntime()
        options = runtime.SessionOptions()
        options.log_severity_level = 4
        # Beyond these are approximations.
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        self._errors: tuple[type[Exception], ...] = (*_errors(runtime), *RAISED)
        self._name = name
        try:
            self._session = runtime.InferenceSession(
                model.SerializeToString(), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except self._errors as error:
            said = f"onnxruntime {runtime.__version__} does not take it: {_said(error)}"
            raise ConversionError(said, where=name) from error
        self._outputs = [output.name for output in self._session.get_outputs()]

    def run(self, feed: Mapping[str, Array]) -> list[Array]:
        """The outputs, in their order. Raises `ConversionError` where the model fails."""
        try:
            returned = self._session.run(None, dict(feed))
        except self._errors as error:
            raise ConversionError(
                f"the source itself fails when it is run: {_said(error)}", where=self._name
            ) from error
        return [_comparable(value) for value in returned]

    def named(self, feed: Mapping[str, Array], without: Sequence[str]) -> dict[str, Array]:
        """The outputs by name, but for some."""
        return {name: value for name, value in zip(self._outputs, self.run(feed), strict=True) if name not in without}


def watched(model: Any) -> Any:
    """The same model, whose nodes' values of numbers all come out, in the order of execution."""
    from onnx import shape_inference

    whole = type(model).FromString(shape_inference.infer_shapes(model).SerializeToString())
    made = {name for node in whole.graph.node for name in node.output}
    known = {value.name for value in whole.graph.output}
    values = {value.name: value for value in whole.graph.value_info}
    order = [name for node in whole.graph.node for name in node.output if name in values and name in made - known]
    whole.graph.output.extend(values[name] for name in order if values[name].type.tensor_type.elem_type in _REAL)
    return whole


# onnx.proto: TensorProto.FLOAT.
_REAL = (1,)


def _comparable(value: Any) -> Array:
    array = np.asarray(value)
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _errors(runtime: Any) -> tuple[type[Exception], ...]:
    """What onnxruntime raises, all classes of its own."""
    state = runtime.capi.onnxruntime_pybind11_state
    return tuple(kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception))


def _said(error: BaseException) -> str:
    """The reason in an error of onnxruntime, without its codes: "[ONNXRuntimeError] : 10 : INVALID_GRAPH : …"."""
    return first_line(error).rpartition(" : ")[2] or first_line(error)
