"""Says in our words why the runtime refused a call. Runs only after it did, so it may look around."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from edgewright.spelling import argument, either

RUNTIME_ERRORS = (ValueError, RuntimeError, TypeError)
"""What a call of the runtime raises. TypeError comes from the binding, for an index that is no integer."""

EDGE_TPU_OPERATOR = "edgetpu-custom-op"

# Compiled where something was refused, and not at every start.
_CUSTOM = r"unresolved custom ops?: \[?(?P<name>[^\s\],]+?)[.,\]]*(?:\s|$)"
_BUILTIN = r"Didn't find op for builtin opcode '(?P<name>\w+)' version '(?P<version>\d+)'"
_FLEX = r"(Select TensorFlow op|Regular TensorFlow op)"
_NOT_ALLOCATED = r"not ready|unallocated|data is null"
_ALLOCATE = "call allocate_tensors() first"
_PLAIN = (
    "LiteRT's own kernels may run it: experimental_op_resolver_type="
    "OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, or edgewright.open_engine(), which then takes these by itself"
)


def why_set_tensor(backend: Any, index: Any, value: Any, text: str) -> str:
    """Reason for which `set_tensor(index, value)` was refused with `text`."""
    details = _details(backend, index)
    if details is None:
        return no_such_tensor(backend, index)
    if re.search(_NOT_ALLOCATED, text):
        return _ALLOCATE
    many = "Run the items one by one, or call resize_tensor_input() first"
    return does_not_fit(details, value, many=many) or says(text)


def why_get_tensor(backend: Any, index: Any, text: str) -> str:
    """Reason for which `get_tensor(index)` or a view from `tensor(index)` was refused with `text`."""
    details = _details(backend, index)
    if details is None:
        return no_such_tensor(backend, index)
    if not re.search(_NOT_ALLOCATED, text):
        return says(text)
    if not _is_allocated(backend):
        return _ALLOCATE
    return (
        f"tensor {label(details)} is an intermediate result, and the runtime does not keep those. "
        "Open the model with experimental_preserve_all_tensors=True"
    )


def why_run(backend: Any, runtime: object, text: str) -> str:
    """Reason for which a construction, `allocate_tensors()` or an invocation was refused with `text`."""
    if found := re.search(_CUSTOM, text):
        return _custom_operator(found["name"], runtime)
    if found := re.search(_BUILTIN, text):
        return (
            f"version {found['version']} of the operator {found['name']} is newer than {runtime}. "
            "Update the runtime, or convert the model for an older one"
        )
    if re.search(_FLEX, text):
        return _select_tensorflow(backend, runtime)
    if "codec can't decode" in text:
        return "a name inside the file is no UTF-8 text; the file is damaged"
    return _ALLOCATE if "not ready" in text else says(text)


def remedy(text: str) -> str:
    """What may help against a refusal with `text`, "" where nothing is known."""
    return _PLAIN if "xnnpack" in text.lower() else ""


def says(text: str) -> str:
    """The runtime's own words, on one line."""
    # LiteRT strings its messages together without any separator.
    return "the runtime says: " + " ".join(re.sub(r"(?<=\S)(?=Node number \d)", "; ", text).split())


def does_not_fit(details: dict[str, Any], value: Any, *, many: str = "Run the items one by one") -> str | None:
    """What of dtype and shape of `value` is not as the tensor wants it; None if both are.

    `many` is the advice for an array with another number of items than the tensor has.
    """
    array = np.asarray(value)
    wanted, shape = dtype_name(details["dtype"]), tuple(int(size) for size in details["shape"])
    name = dtype_name(array.dtype)
    if name == wanted and array.shape == shape:
        return None
    message = f"tensor {label(details)} takes {wanted} {shape}, got {name} {array.shape}"
    return message + (_dtype_hint(details, wanted) if name != wanted else _shape_hint(shape, array.shape, many))


def fits(shape: tuple[int, ...], free: tuple[int, ...]) -> bool:
    """Whether `shape` is one that a tensor can have whose free dimensions are -1 in `free`."""
    return len(shape) == len(free) and all(wanted in (-1, size) for size, wanted in zip(shape, free, strict=True))


def dtype_name(dtype: Any) -> str:
    """Name of a dtype as this project writes it; all kinds of NumPy text are "string"."""
    dtype = np.dtype(dtype)
    if dtype.kind in "OSU":
        return "string"
    return dtype.name if dtype.isnative else f"{dtype.name} in foreign byte order"


def label(details: dict[str, Any]) -> str:
    """Index and name of a tensor; converters make names of hundreds of characters, which are cut."""
    name = details["name"]
    return f"{details['index']} '{name if len(name) <= 60 else name[:57] + '...'}'"


def no_such_tensor(backend: Any, index: Any) -> str:
    """The model has no tensor `index`; names those that one could have meant."""
    if isinstance(index, bool) or not hasattr(index, "__index__"):
        return f"a tensor's index is an integer, got {index!r}"
    try:
        inputs, outputs = _indices(backend.get_input_details()), _indices(backend.get_output_details())
    except RUNTIME_ERRORS:  # a name that is no UTF-8 text
        return f"the model has no tensor {index}"
    return f"the model has no tensor {index}; its inputs are {inputs}, its outputs {outputs}"


def _dtype_hint(details: dict[str, Any], wanted: str) -> str:
    scales = details["quantization_parameters"]["scales"]
    if len(scales) != 1:
        return f". Convert it with .astype('{wanted}')" if wanted != "string" else ". Give bytes or text"
    zero_point = details["quantization_parameters"]["zero_points"][0]
    return (
        f". The tensor is quantized: give {wanted} numbers, round(x / {scales[0]:g}) + {zero_point} for a real number x"
    )


def _shape_hint(wanted: tuple[int, ...], got: tuple[int, ...], many: str) -> str:
    if wanted == (1, *got):
        return ". Add the batch axis with array[np.newaxis]"
    if len(wanted) == len(got) and wanted[1:] == got[1:]:
        return f". {many}"
    return ""


def _custom_operator(name: str, runtime: object) -> str:
    if name == EDGE_TPU_OPERATOR:
        return (
            f"the file was compiled for the Edge TPU (operator {name}). Where one is plugged in, open it with "
            f"{_delegate('libedgetpu.so.1')}; or use the file from which it was compiled"
        )
    return (
        f"{runtime} does not know the custom operator {name}. Load the delegate that brings it: {_delegate('LIBRARY')}"
    )


def _delegate(library: str) -> str:
    return either(python=f"experimental_delegates=[load_delegate('{library}')]", command=argument("delegates", library))


def _select_tensorflow(backend: Any, runtime: object) -> str:
    operators = backend._get_ops_details() if backend is not None else []
    names = sorted({operator["op_name"] for operator in operators if operator["op_name"].startswith("Flex")})
    return (
        f"{runtime} does not run TensorFlow's own operators ({', '.join(names) or 'Flex'}). "
        "Convert the model again without SELECT_TF_OPS, or replace the layers that need them"
    )


def _details(backend: Any, index: Any) -> dict[str, Any] | None:
    try:
        details: dict[str, Any] = backend._get_tensor_details(index, 0)
    except RUNTIME_ERRORS:
        return None
    return details


def _is_allocated(backend: Any) -> bool:
    try:
        for details in backend.get_input_details():
            backend.get_tensor(details["index"])
    except RUNTIME_ERRORS:
        return False
    return True


def _indices(details: list[dict[str, Any]]) -> str:
    return ", ".join(map(label, details)) or "none"
