"""Writes PyTorch files of the old format, sound ones and others, without PyTorch: an assembler for its pickles."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
SYSTEM = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
STORAGES = {"float32": "FloatStorage", "float64": "DoubleStorage", "float16": "HalfStorage", "int64": "LongStorage",
            "int32": "IntStorage", "int16": "ShortStorage", "int8": "CharStorage", "uint8": "ByteStorage",
            "bool": "BoolStorage"}  # fmt: skip


@dataclass(frozen=True)
class Global:
    """A class or function by "module name"."""

    name: str


@dataclass(frozen=True)
class Call:
    """What a pickle makes by calling `what`, a Global, with arguments."""

    what: Any
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Outside:
    """A persistent id."""

    value: Any


ORDERED_DICT = Call(Global("collections OrderedDict"), ())


def assemble(value: Any) -> bytes:
    """A whole pickle of protocol 2."""
    return b"\x80\x02" + code(value) + b"."


def code(value: Any) -> bytes:
    if value is None or isinstance(value, bool):
        return {None: b"N", True: b"\x88", False: b"\x89"}[value]
    if isinstance(value, int):
        size = value.bit_length() // 8 + 1
        return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)
    if isinstance(value, str):
        return b"X" + struct.pack("<I", len(value.encode())) + value.encode()
    if isinstance(value, tuple):
        return b"(" + b"".join(map(code, value)) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(map(code, value)) + b"e"
    if isinstance(value, dict):
        return b"}(" + b"".join(code(part) for item in value.items() for part in item) + b"u"
    if isinstance(value, Global):
        return b"c" + value.name.replace(" ", "\n").encode() + b"\n"
    if isinstance(value, Call):
        return code(value.what) + code(value.arguments) + b"R"
    return code(value.value) + b"Q"


def storage(key: str, dtype: str, length: Any) -> Outside:
    return Outside(("storage", Global(f"torch {STORAGES[dtype]}"), key, "cpu", length, None))


def tensor(where: Outside, offset: Any, shape: Any, stride: Any) -> Call:
    return Call(Global("torch._utils _rebuild_tensor_v2"), (where, offset, shape, stride, False, ORDERED_DICT))


def plain(key: str, array: np.ndarray) -> Call:
    """A tensor that fills its storage, in the order of C."""
    strides = tuple(step // array.itemsize for step in np.empty(array.shape, array.dtype).strides)
    return tensor(storage(key, str(array.dtype), array.size), 0, array.shape, strides)


def whole(state: Any, storages: dict[str, np.ndarray], *, system: Any = SYSTEM, keys: Any = None) -> bytes:
    """A file: head, state dict, keys of the storages, then their numbers."""
    head = assemble(MAGIC) + assemble(1001) + assemble(system)
    numbers = b"".join(struct.pack("<q", array.size) + array.tobytes() for array in storages.values())
    return head + assemble(state) + assemble(list(storages) if keys is None else keys) + numbers


def saved(arrays: dict[str, np.ndarray]) -> bytes:
    """A state dict as `torch.save` writes it."""
    state = {name: plain(str(index), array) for index, (name, array) in enumerate(arrays.items())}
    return whole(state, {str(index): array for index, array in enumerate(arrays.values())})
