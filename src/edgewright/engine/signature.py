"""Runs one signature of a model: inputs and outputs by the names which its author gave them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.engine.explain import RUNTIME_ERRORS, does_not_fit, fits
from edgewright.engine.quiet import Said, quiet
from edgewright.errors import InterpreterError
from edgewright.model import ModelFile

Explain = Callable[[str, Exception, Callable[[str], str | None]], InterpreterError]


class SignatureRunner:
    """Callable that runs one signature; made by `Interpreter.get_signature_runner()`.

    `runner(x=array)` returns the outputs as a dictionary from name to array (copies). Inputs are resized to the shape
    of what is given. While a runner is alive, `invoke()`, `allocate_tensors()` and `resize_tensor_input()` of its
    interpreter raise: LiteRT cannot tell a runner from a view of its memory.
    """

    def __init__(self, signature_key: str, runner: Any, model: ModelFile, explain: Explain) -> None:
        """`runner` is the runtime's own; `explain` makes an error of what it raises, and keeps the interpreter alive.

        `explain` gets the name of the call, the runtime's error, and who can say more of its text.
        """
        self.signature_key = signature_key
        self._runner = runner
        self._model = model
        self._explain = explain
        self._allocated = False

    def __call__(self, **inputs: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """Run the signature with all its inputs, by name, and return all its outputs, by name.

        Raises InterpreterError for a missing or unknown name and for an array of the wrong dtype or shape.
        """
        try:
            if self._allocated:
                result: dict[str, npt.NDArray[Any]] = self._runner(**inputs)
            else:
                result = self._first_call(inputs)
        except (*RUNTIME_ERRORS, AttributeError) as error:
            raise self._explain(self._call, error, lambda text: self._why(inputs, text)) from error
        return result

    def get_input_details(self) -> dict[str, dict[str, Any]]:
        """Details of the inputs by name, each as in `Interpreter.get_input_details()`."""
        details: dict[str, dict[str, Any]] = self._runner.get_input_details()
        return details

    def get_output_details(self) -> dict[str, dict[str, Any]]:
        """Details of the outputs by name, each as in `Interpreter.get_output_details()`."""
        details: dict[str, dict[str, Any]] = self._runner.get_output_details()
        return details

    @property
    def _call(self) -> str:
        return f"signature '{self.signature_key}'"

    def _first_call(self, inputs: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        # The first call applies the delegates, and LiteRT announces them.
        with quiet(Said()):
            result: dict[str, npt.NDArray[Any]] = self._runner(**inputs)
        self._allocated = True
        return result

    def _why(self, inputs: dict[str, Any], text: str) -> str | None:
        wanted = self.get_input_details()
        if inputs.keys() != wanted.keys():
            return f"takes the inputs {_names(wanted)}, got {_names(inputs)}"
        for name, value in inputs.items():
            if not isinstance(value, np.ndarray):
                return f"input '{name}' must be a NumPy array, got {type(value).__name__}"
            if value.dtype != wanted[name]["dtype"] and (misfit := does_not_fit(wanted[name], value)):
                return f"input '{name}': {misfit}"
            if not fits(value.shape, free := self._free_shape(wanted[name]["index"])):
                return f"input '{name}' takes the shape {free} (-1 is free), got {value.shape}"
        return None

    def _free_shape(self, index: int) -> tuple[int, ...]:
        # From the file: the runtime answers with the shape to which the failed call has just resized the input.
        subgraph = next(item.subgraph for item in self._model.signatures if item.key == self.signature_key)
        tensor = self._model.graph.subgraphs[subgraph].tensors[index]
        return tensor.shape_signature or tensor.shape


def _names(items: dict[str, Any]) -> str:
    return ", ".join(items) or "none"
