"""Numbers, text and arrays as C spells them, so that they come out to the bit."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import UsageError

_TYPES = {"bool": "uint8_t", "float32": "float"} | {
    name: f"{name}_t" for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")
}

_WIDTH = 116

# What stands as itself in a text. "?" does not: two of them begin a trigraph.
_PLAIN = frozenset((string.ascii_letters + string.digits + string.punctuation + " ").encode()) - frozenset(b'"\\?')


def c_type(dtype: str) -> str:
    """The C type of a tensor's numbers. Raises `UsageError` for one that C has no name for."""
    if dtype not in _TYPES:
        raise UsageError(f"code for microcontrollers has no numbers of type {dtype}")
    return _TYPES[dtype]


def real(value: float) -> str:
    """A float32 number; the shortest decimals that stand for it, and for no other."""
    number = np.float32(value)
    if np.isfinite(number):
        return f"{np.format_float_scientific(number, unique=True, trim='0')}f"
    return "NAN" if np.isnan(number) else "INFINITY" if number > 0 else "-INFINITY"


def text(value: str) -> str:
    """A text in UTF-8, which is spelled in ASCII."""
    return '"' + "".join(chr(byte) if byte in _PLAIN else f"\\{byte:03o}" for byte in value.encode()) + '"'


def comment(value: str) -> str:
    """What a file says of itself, on one line, which cannot end the comment that it stands in."""
    return "".join(char if char.isprintable() else " " for char in value).replace("\\", "/").replace("*/", "* /")


def array(declaration: str, values: npt.NDArray[Any]) -> str:
    """The definition of an array with its numbers."""
    return f"{declaration} = {{\n{chr(10).join(_lines(_numbers(values)))}\n}};\n"


def byte_array(declaration: str, data: bytes) -> str:
    """The definition of an array of bytes; quick also for many."""
    spelled = [str(byte) for byte in range(256)]
    rows = (data[start : start + 28] for start in range(0, len(data), 28))
    return f"{declaration} = {{\n{chr(10).join(','.join(map(spelled.__getitem__, row)) + ',' for row in rows)}\n}};\n"


def _numbers(values: npt.NDArray[Any]) -> Iterable[str]:
    flat = values.reshape(-1)
    if flat.dtype.kind == "f":
        return map(real, flat)
    if flat.dtype == np.int64:
        return (f"INT64_C({number})" if number > -(2**63) else "INT64_MIN" for number in flat.tolist())
    if flat.dtype == np.int32:
        return ("INT32_MIN" if number == -(2**31) else str(number) for number in flat.tolist())
    suffix = "u" if flat.dtype == np.uint32 else ""
    return (f"{int(number)}{suffix}" for number in flat.tolist())


def _lines(numbers: Iterable[str]) -> Iterator[str]:
    line = ""
    for number in numbers:
        if len(line) + len(number) > _WIDTH:
            yield line
            line = ""
        line += f"{number},"
    yield line
