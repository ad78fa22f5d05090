"""Reads tensors from a safetensors file: a length, a directory in JSON, and the numbers as they lie in memory.

Source: https://github.com/huggingface/safetensors, "Format".
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.documents import parse_json
from edgewright.errors import HubError

Tensor = npt.NDArray[np.float32]

_LENGTH = 8
_MOST_DIRECTORY = 16 << 20
_MOST_DIMENSIONS = 8


def read_tensors(content: bytes, name: str) -> dict[str, Tensor]:
    """Read all tensors of 32-bit numbers by their names; `name` stands for the file in messages.

    Tensors of other types, such as counters, are left out. Raises HubError for what is no such file, and where a tensor
    does not lie within it.
    """
    length = int.from_bytes(content[:_LENGTH], "little")
    start = _LENGTH + length
    if not 0 < length <= _MOST_DIRECTORY or start > len(content):
        raise HubError(f"{name}: no safetensors file, or damaged: its directory has {length:,} bytes")
    try:
        directory = parse_json(content[_LENGTH:start], most_bytes=_MOST_DIRECTORY)
    except ValueError as problem:
        raise HubError(f"{name}: its directory is no JSON: {problem}") from None
    if not isinstance(directory, dict):
        raise HubError(f"{name}: its directory is a {type(directory).__name__}; an object is expected")
    numbers = memoryview(content)[start:]
    said = {key: entry for key, entry in directory.items() if isinstance(entry, dict) and entry.get("dtype") == "F32"}
    return {key: _tensor(key, entry, numbers, name) for key, entry in said.items()}


def _tensor(key: str, entry: dict[str, Any], numbers: memoryview, name: str) -> Tensor:
    shape, offsets = _counts(entry.get("shape"), _MOST_DIMENSIONS), _counts(entry.get("data_offsets"), 2)
    if shape is None or offsets is None or len(offsets) != 2:
        raise HubError(f"{name}: the directory says no shape of the tensor {key[:80]!r}, or no place")
    begin, end = offsets
    if not begin <= end <= len(numbers) or end - begin != 4 * math.prod(shape):
        raise HubError(f"{name}: the tensor {key[:80]!r} of shape {shape} does not lie at {begin:,} to {end:,}")
    return np.frombuffer(numbers[begin:end], "<f4").reshape(shape)


def _counts(value: Any, most: int) -> list[int] | None:
    """A list of at most so many whole numbers from 0; None for anything else."""
    right = isinstance(value, list) and len(value) <= most and all(type(one) is int and one >= 0 for one in value)
    return value if right else None
