"""`Interpreter`: the interface of `tflite_runtime.interpreter.Interpreter` over whichever runtime is installed.

It differs from the runtime's own class in three things: the file is verified before the runtime sees it and is handed
over as bytes, errors are in plain words, and nothing is written to stderr.
"""

from __future__ import annotations

import enum
import os
import weakref
from collections.abc import Callable, Iterable, Sequence
from sys import getrefcount
from typing import Any

import numpy.typing as npt

from edgewright.brief import line_of, name
from edgewright.engine import explain
from edgewright.engine.construction import (
    OpResolverType,
    PublicCalls,
    construct,
    known_options,
    read_model,
    resolver,
    thread_count,
)
from edgewright.engine.explain import RUNTIME_ERRORS
from edgewright.engine.quiet import Said, quiet
from edgewright.engine.runtime import load_runtime
from edgewright.engine.signature import SignatureRunner
from edgewright.errors import InterpreterError
from edgewright.model import ModelFile, TensorSpec

TensorDetails = dict[str, Any]

_IN_USE = "LiteRT cannot do this while"


class Interpreter:
    """Runs a model file; a script written for `tflite_runtime.interpreter.Interpreter` runs by changing its import.

    `model_path` (a path) or `model_content` (the bytes, or a ModelFile) says which model; one of them, not both.
    `experimental_delegates` are from `load_delegate`; `num_threads` is at least 1 (default 1). The other arguments are
    the runtime's own; one which the installed runtime does not have must keep its default.

    Raises FormatError or DigestError if the file is damaged, InterpreterError (a ValueError and a RuntimeError) for
    arguments that make no sense and for a model that the runtime refuses. Not for use from two threads at once.

    >>> interpreter = ew.Interpreter(model_path="mobilenet.tflite")
    >>> interpreter.allocate_tensors()
    >>> taken, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    >>> interpreter.set_tensor(taken["index"], np.zeros(taken["shape"], taken["dtype"]))
    >>> interpreter.invoke()
    >>> interpreter.get_tensor(given["index"]).shape
    (1, 1001)
    """

    # In set_tensor, invoke and get_tensor every Python call counts: a whole run of a small model takes 5 microseconds.
    # They go to the binding itself, past the runtime's Python class, which pays for our `try`. `_native._interpreter`
    # is looked up anew in each call because the runtime counts the references to it and refuses to work when there is
    # one more than it expects.

    def __init__(
        self,
        model_path: str | os.PathLike[str] | None = None,
        model_content: bytes | bytearray | memoryview | ModelFile | None = None,
        experimental_delegates: Sequence[Any] | None = None,
        num_threads: int | None = None,
        experimental_op_resolver_type: enum.Enum = OpResolverType.AUTO,
        experimental_preserve_all_tensors: bool = False,
        experimental_disable_delegate_clustering: bool = False,
        experimental_default_delegate_latest_features: bool = False,
        experimental_compress_quantization_zero_points: bool = False,
        experimental_disable_delegate_node_fusion: bool = False,
        experimental_force_delegate_node_profiling: bool = False,
    ) -> None:
        self._model = read_model(model_path, model_content)
        self._runtime = load_runtime()
        self._compress_zero_points = experimental_compress_quantization_zero_points
        options = {
            "experimental_preserve_all_tensors": experimental_preserve_all_tensors,
            "experimental_disable_delegate_clustering": experimental_disable_delegate_clustering,
            "experimental_default_delegate_latest_features": experimental_default_delegate_latest_features,
            "experimental_compress_quantization_zero_points": experimental_compress_quantization_zero_points,
            "experimental_disable_delegate_node_fusion": experimental_disable_delegate_node_fusion,
            "experimental_force_delegate_node_profiling": experimental_force_delegate_node_profiling,
        }
        arguments = {
            **known_options(options, self._runtime),
            "experimental_delegates": list(experimental_delegates or []) or None,
            "num_threads": thread_count(num_threads),
            "experimental_op_resolver_type": resolver(experimental_op_resolver_type, self._runtime),
        }
        self._reported = ""
        self._allocated = False
        self._runners: weakref.WeakSet[SignatureRunner] = weakref.WeakSet()
        self._backend: Any = None
        self._backend = self._quietly("Interpreter", lambda: construct(self._runtime, self._model, arguments))
        self._native: Any = self._backend if hasattr(self._backend, "_interpreter") else PublicCalls(self._backend)

    def __repr__(self) -> str:
        inputs, outputs = (", ".join(map(_form, specs)) for specs in (self._model.inputs, self._model.outputs))
        return line_of(self, name(self._model.name), f"{inputs} -> {outputs}")

    def allocate_tensors(self) -> None:
        """Reserve the memory of all tensors; needed before the first run and after `resize_tensor_input`."""
        self._refuse_while_in_use("allocate_tensors")
        if self._allocated:
            self._ask("allocate_tensors")
        else:  # applies the delegates, and LiteRT announces them
            self._quietly("allocate_tensors", self._backend.allocate_tensors)
            self._allocated = True

    def set_tensor(self, tensor_index: int, value: npt.ArrayLike) -> None:
        """Copy `value` into an input tensor; dtype and shape must be the tensor's."""
        try:
            self._native._interpreter.SetTensor(tensor_index, value)
        except RUNTIME_ERRORS as error:
            raise self._error(
                "set_tensor", error, lambda text: explain.why_set_tensor(self._backend, tensor_index, value, text)
            ) from error

    def invoke(self) -> None:
        """Run the model; other Python threads go on meanwhile."""
        native = self._native
        if getrefcount(native._interpreter) != 2:
            self._refuse_while_in_use("invoke")
        try:
            native._interpreter.Invoke()
        except RUNTIME_ERRORS as error:
            raise self._error("invoke", error) from error

    def get_tensor(self, tensor_index: int, subgraph_index: int = 0) -> npt.NDArray[Any]:
        """Return a copy of a tensor; reliable for outputs, and for others with `experimental_preserve_all_tensors`."""
        try:
            return self._native._interpreter.GetTensor(tensor_index, subgraph_index)  # type: ignore[no-any-return]
        except RUNTIME_ERRORS as error:
            raise self._error(
                "get_tensor", error, lambda text: explain.why_get_tensor(self._backend, tensor_index, text)
            ) from error

    def tensor(self, tensor_index: int) -> Callable[[], npt.NDArray[Any]]:
        """Return a function that returns a view of a tensor's memory.

        Keep the function, never the view: while a view is alive, `invoke`, `allocate_tensors` and
        `resize_tensor_input` raise.
        """
        native = self._native

        def view() -> npt.NDArray[Any]:
            try:
                return native._interpreter.tensor(native._interpreter, tensor_index)  # type: ignore[no-any-return]
            except RUNTIME_ERRORS as error:
                raise self._error(
                    "tensor", error, lambda text: explain.why_get_tensor(self._backend, tensor_index, text)
                ) from error

        return view

    def resize_tensor_input(self, input_index: int, tensor_size: Iterable[int], strict: bool = False) -> None:
        """Give an input another shape; with `strict` only its free dimensions. `allocate_tensors()` must follow."""
        self._refuse_while_in_use("resize_tensor_input")
        try:
            self._backend.resize_tensor_input(input_index, tensor_size, strict)
        except RUNTIME_ERRORS as error:
            raise self._error("resize_tensor_input", error, self._why_resize(input_index, tensor_size)) from error

    def reset_all_variables(self) -> None:
        """Set the model's variables (the state of a recurrent model) to their first values."""
        self._ask("reset_all_variables")

    def get_input_details(self) -> list[TensorDetails]:
        """Return a dictionary for each input: name, index, shape, shape_signature, dtype, quantization and more."""
        details: list[TensorDetails] = self._ask("get_input_details")
        return details

    def get_output_details(self) -> list[TensorDetails]:
        """Return a dictionary for each output, with the same keys as those of the inputs."""
        details: list[TensorDetails] = self._ask("get_output_details")
        return details

    def get_tensor_details(self, subgraph_index: int = 0) -> list[TensorDetails]:
        """Return a dictionary for each tensor of a subgraph, with the same keys as those of the inputs."""
        arguments = (subgraph_index,) if subgraph_index else ()  # tflite_runtime knows the first subgraph only
        details: list[TensorDetails] = self._ask("get_tensor_details", *arguments)
        return details

    def num_subgraphs(self) -> int:
        """Return the number of subgraphs in the file."""
        if not hasattr(self._backend, "num_subgraphs"):
            raise InterpreterError(f"num_subgraphs: {self._runtime} does not tell. Run: pip install ai-edge-litert")
        return int(self._backend.num_subgraphs())

    def get_signature_list(self) -> dict[str, dict[str, list[str]]]:
        """Return the signatures: from key to `{"inputs": [names], "outputs": [names]}`."""
        signatures: dict[str, dict[str, list[str]]] = self._ask("get_signature_list")
        return signatures

    def get_signature_runner(self, signature_key: str | None = None) -> SignatureRunner:
        """Return a callable for one signature; the key may be left out if the file has exactly one."""
        keys = list(self.get_signature_list())
        if signature_key is None and len(keys) == 1:
            signature_key = keys[0]
        if signature_key not in keys:
            asked = "name one of them" if signature_key is None else f"there is no '{signature_key}'"
            found = f"the signatures {', '.join(keys)}; {asked}" if keys else "no signature; use set_tensor and invoke"
            raise InterpreterError(f"{self._model.name}: get_signature_runner: the file has {found}")
        key = str(signature_key)
        runner = SignatureRunner(key, self._backend.get_signature_runner(key), self._model, self._error)
        self._runners.add(runner)
        return runner

    @property
    def experimental_compress_quantization_zero_points(self) -> bool:
        """The constructor's argument of this name."""
        return self._compress_zero_points

    # Not public in the runtime either, but in wide use.

    def _get_ops_details(self) -> list[dict[str, Any]]:
        details: list[dict[str, Any]] = self._ask("_get_ops_details")
        return details

    def _get_op_details(self, op_index: int) -> dict[str, Any]:
        details: dict[str, Any] = self._ask("_get_op_details", op_index)
        return details

    def _get_tensor_details(self, tensor_index: int, subgraph_index: int = 0) -> TensorDetails:
        details: TensorDetails = self._ask("_get_tensor_details", tensor_index, subgraph_index)
        return details

    def _get_full_signature_list(self) -> dict[str, dict[str, dict[str, int]]]:
        signatures: dict[str, dict[str, dict[str, int]]] = self._ask("_get_full_signature_list")
        return signatures

    def _native_handle(self) -> int:
        return int(self._backend._native_handle())

    # How a refusal becomes an exception.

    def _ask(self, call: str, *arguments: Any) -> Any:
        try:
            return getattr(self._backend, call)(*arguments)
        except RUNTIME_ERRORS as error:
            raise self._error(call, error) from error

    def _quietly(self, call: str, function: Callable[[], Any]) -> Any:
        said = Said()
        try:
            with quiet(said):
                return function()
        except RUNTIME_ERRORS as error:
            raise self._error(call, error, also=said.text) from error

    def _error(
        self, call: str, error: Exception, why: Callable[[str], str | None] | None = None, also: str = ""
    ) -> InterpreterError:
        text = f"{self._new_text(error)} {also}".strip()
        if "reference to internal data" in text:
            reason = self._why_in_use()
        else:
            reason = (why(text) if why else None) or explain.why_run(self._backend, self._runtime, text)
        where = f"{self._model.name}: {call}"
        return InterpreterError(reason.rstrip("."), where=where, remedy=explain.remedy(text))

    def _new_text(self, error: Exception) -> str:
        # The runtime never empties its error log: each RuntimeError repeats all earlier ones of the same interpreter.
        text = str(error)
        if not isinstance(error, RuntimeError):
            return text
        earlier, self._reported = self._reported, text
        return text.removeprefix(earlier)

    def _why_resize(self, index: int, size: Iterable[int]) -> Callable[[str], str | None]:
        details = {item["index"]: item for item in self.get_input_details()}.get(index)
        if details is None:
            return lambda _: explain.no_such_tensor(self._backend, index)
        free = tuple(int(n) for n in details["shape_signature"])
        return lambda text: f"input {index} is {free} (-1 is free) and cannot become {size!r}; {explain.says(text)}"

    def _refuse_while_in_use(self, call: str) -> None:
        # 2: the attribute itself and getrefcount's argument.
        others = getrefcount(self._native._interpreter) - 2
        if not others:
            return
        raise InterpreterError(self._why_in_use(), where=f"{self._model.name}: {call}")

    def _why_in_use(self) -> str:
        runners = ", ".join(f"'{runner.signature_key}'" for runner in self._runners)
        if runners:
            return f"{_IN_USE} a signature runner ({runners}) is alive. Call that instead, or delete it first"
        return f"{_IN_USE} a view from tensor() is alive. Keep the function, not the array that it returns"


def _form(spec: TensorSpec) -> str:
    return f"{spec.dtype} {spec.shape}"
