"""What a data set holds, as a digest: the same bytes, labels and names, the same digest."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data.dataset import Dataset
from edgewright.errors import DataError
from edgewright.media import Series, one_line


def content_digest(samples: Dataset, used: npt.NDArray[np.int64] | None = None, *, texts: bool = False) -> str:
    """SHA-256 (hex) of the samples at `used`, or of all: bytes of files and arrays, labels, names of classes.

    A string is a file's path, or with `texts` the sample itself. Inputs of several arrays are tuples or mappings.
    Raises DataError where a file cannot be read, and for file objects, which can be read once only.
    """
    used = np.arange(len(samples)) if used is None else used
    labels = None if samples.y is None else samples.y[used].tolist()
    digest = hashlib.sha256(repr((samples.classes, labels)).encode())
    for index in used:
        digest.update(_content(samples.inputs[index], texts))
        if samples.targets is not None and samples.y is None:
            digest.update(_plain(samples.targets[index]))
    return digest.hexdigest()


def _plain(value: Any) -> bytes:
    """A target's fields as bytes, all numbers of its arrays included."""
    if isinstance(value, np.ndarray):
        return repr((value.dtype.str, value.shape)).encode() + np.ascontiguousarray(value).tobytes()
    if dataclasses.is_dataclass(value):
        fields = [field.name for field in dataclasses.fields(value)]
        return b"".join([name.encode() + b"=" + _plain(getattr(value, name)) + b";" for name in fields])
    if isinstance(value, list | tuple):
        return b"[" + b",".join(map(_plain, value)) + b"]"
    return repr(value).encode()


def _content(item: Any, texts: bool) -> bytes:
    if isinstance(item, Mapping):
        return b"".join(str(name).encode() + _content(item[name], texts) for name in sorted(item, key=str))
    if isinstance(item, list | tuple):
        return b"".join(_content(one, texts) for one in item)
    if isinstance(item, str) and texts:
        return hashlib.sha256(item.encode()).digest()
    if isinstance(item, str | os.PathLike):
        try:
            return hashlib.sha256(Path(item).read_bytes()).digest()
        except (OSError, ValueError) as problem:
            reason = getattr(problem, "strerror", None) or problem
            raise DataError(f"{one_line(item)}: cannot be read ({one_line(reason)})") from problem
    if isinstance(item, bytes):
        return hashlib.sha256(item).digest()
    if isinstance(item, Series):
        return _plain((item.values, item.columns, item.times))
    if hasattr(item, "read"):
        raise DataError("pictures as open files cannot be read twice. Give their paths, or their bytes")
    array = np.ascontiguousarray(item)
    return hashlib.sha256(repr((array.dtype.str, array.shape)).encode() + array.tobytes()).digest()
