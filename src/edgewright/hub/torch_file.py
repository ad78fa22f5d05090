"""Reads the tensors of a PyTorch file (`torch.save`, the format before version 1.6) as data; PyTorch is not needed.

Such a file is five pickles and then raw numbers. A pickle is a program, so it is not run here: of its instructions
those that build plain values are carried out, the few that a tensor needs become records of our own, and every other
one is refused. No name in the file is ever imported and nothing in it is ever called.

The format: `_legacy_load` in torch/serialization.py; the instructions: `pickletools` in Python's library.
"""

from __future__ import annotations

import io
import math
import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import HubError

Tensor = npt.NDArray[Any]

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_ZIP = b"PK\x03\x04"

# Names that a pickle may mention -> what they stand for here: a storage's type of number, or a record's kind.
_STORAGES = {
    "torch FloatStorage": "<f4",
    "torch DoubleStorage": "<f8",
    "torch HalfStorage": "<f2",
    "torch LongStorage": "<i8",
    "torch IntStorage": "<i4",
    "torch ShortStorage": "<i2",
    "torch CharStorage": "i1",
    "torch ByteStorage": "u1",
    "torch BoolStorage": "?",
}
_ORDERED_DICT = "collections OrderedDict"
_TENSOR = "torch._utils _rebuild_tensor_v2"
_NAMES = {*_STORAGES, _ORDERED_DICT, _TENSOR}


@dataclass(frozen=True)
class _Name:
    """A class or function that the file mentions; it stays a name."""

    name: str


@dataclass(frozen=True)
class _Storage:
    """Numbers that lie in the file under a key."""

    key: str
    dtype: np.dtype[Any]
    length: int


@dataclass(frozen=True)
class _View:
    """A tensor: `shape` entries of a storage from `offset` on, `stride` apart; all counted in entries."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def read_tensors(data: bytes, name: str) -> dict[str, Tensor]:
    """Return the tensors of a state dict by name: read-only views of `data`, in the dtypes that they were saved with.

    `name` stands for the file in messages. Raises HubError for what is no such file, is damaged, or has an instruction
    or a name in it that a file of tensors does not need.
    """
    if data.startswith(_ZIP):
        raise HubError(f"{name}: a PyTorch file in the zip format of version 1.6; only the older format is read here")
    try:
        stream = io.BytesIO(data)
        _check_head(stream)
        state, keys = _Reader(stream).read(), _Reader(stream).read()
        storages = _read_storages(data, stream.tell(), keys, _views(state))
        return {key: _array(view, storages) for key, view in _views(state).items()}
    except HubError as problem:
        raise HubError(f"{name}: {problem}") from None


def _check_head(stream: io.BytesIO) -> None:
    if _Reader(stream).read() != _MAGIC:
        raise HubError("no PyTorch file: its magic number is missing")
    protocol, system = _Reader(stream).read(), _Reader(stream).read()
    if protocol != _PROTOCOL or not isinstance(system, dict) or system.get("little_endian") is not True:
        raise HubError("a PyTorch file of an unknown protocol or byte order")


def _views(state: object) -> dict[str, _View]:
    if not isinstance(state, dict):
        raise HubError("no state dict: the file does not hold tensors by name")
    wrong = next((key for key, value in state.items() if not isinstance(value, _View)), None)
    if wrong is not None:
        raise HubError(f"{wrong[:100]!r} is no tensor, so this is not a plain state dict")
    return state


def _read_storages(data: bytes, start: int, keys: object, views: Mapping[str, _View]) -> dict[str, Tensor]:
    """The raw numbers behind the pickles: for each key in order a length in 8 bytes, then the numbers."""
    declared = {view.storage.key: view.storage for view in views.values()}
    if any(declared[view.storage.key] != view.storage for view in views.values()):
        raise HubError("two of its tensors describe the same storage differently")
    listed = isinstance(keys, list) and all(isinstance(key, str) for key in keys)
    if not isinstance(keys, list) or not listed or sorted(keys) != sorted(declared):
        raise HubError("the list of its storages does not fit its tensors")
    storages: dict[str, Tensor] = {}
    for key in keys:
        storage = declared[key]
        length = int.from_bytes(data[start : start + 8], "little", signed=True)
        end = start + 8 + storage.length * storage.dtype.itemsize
        if length != storage.length or end > len(data):
            raise HubError(f"the numbers of storage {key[:100]!r} are cut off or of another length than declared")
        storages[key] = np.frombuffer(data, storage.dtype, storage.length, start + 8)
        start = end
    if start != len(data):
        raise HubError(f"{len(data) - start:,} bytes are left over behind the last storage")
    return storages


def _array(view: _View, storages: Mapping[str, Tensor]) -> Tensor:
    storage = storages[view.storage.key]
    strides = [step * storage.itemsize for step in view.stride]
    return np.lib.stride_tricks.as_strided(storage[view.offset :], view.shape, strides, writeable=False)


class _Reader:
    """Carries out one pickle as far as it builds values, on a stack as Python's `pickle` does."""

    def __init__(self, stream: io.BytesIO) -> None:
        self._stream = stream
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def read(self) -> Any:
        """Return the value of the pickle at the stream's position, and leave the stream behind it."""
        try:
            for instruction, argument, _ in pickletools.genops(self._stream):
                if instruction.name == "STOP":
                    return self._stack.pop()
                self._carry_out(instruction.name, argument)
        except (ValueError, IndexError, KeyError, TypeError, MemoryError) as problem:
            raise HubError(f"damaged, or no PyTorch file: {' '.join(str(problem).split())[:100]}") from None
        raise HubError("damaged, or no PyTorch file: a pickle in it has no end")

    def _carry_out(self, name: str, argument: Any) -> None:
        if name in _VALUES:
            self._stack.append(argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name]())
        elif name in _ACTIONS:
            _ACTIONS[name](self, argument)
        else:
            raise HubError(f"its pickle holds the instruction {name}, which a file of tensors does not need; refused")

    def _mark(self, _: Any) -> None:
        self._marks.append(self._stack)
        self._stack = []

    def _since_mark(self) -> list[Any]:
        found, self._stack = self._stack, self._marks.pop()
        return found

    def _put(self, index: Any) -> None:
        self._memo[int(index)] = self._stack[-1]

    def _get(self, index: Any) -> None:
        self._stack.append(self._memo[int(index)])

    def _tuple(self, _: Any) -> None:
        found = tuple(self._since_mark())
        self._stack.append(found)

    def _short_tuple(self, length: int) -> None:
        if len(self._stack) < length:
            raise IndexError("the stack is empty")
        self._stack[-length:] = [tuple(self._stack[-length:])]

    def _append(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list):
            raise TypeError("something is appended to what is no list")
        target.extend(values)

    def _set(self, pairs: list[Any]) -> None:
        target = self._stack[-1]
        keys = pairs[::2]
        if not isinstance(target, dict) or len(pairs) % 2 or not all(isinstance(key, str) for key in keys):
            raise TypeError("an entry is set by something other than a name, or in what is no dictionary")
        target.update(zip(keys, pairs[1::2], strict=True))

    def _global(self, name: str) -> None:
        if name not in _NAMES:
            raise HubError(
                f"its pickle wants {name.replace(' ', '.')!r}, which a file of tensors does not need; refused"
            )
        self._stack.append(_Name(name))

    def _storage(self, _: Any) -> None:
        self._stack.append(_storage(self._stack.pop()))

    def _reduce(self, _: Any) -> None:
        arguments, what = self._stack.pop(), self._stack.pop()
        if what == _Name(_ORDERED_DICT) and arguments == ():
            self._stack.append({})
        elif what == _Name(_TENSOR) and isinstance(arguments, tuple):
            self._stack.append(_view(arguments))
        else:
            raise HubError("its pickle makes a call that a file of tensors does not need; refused")

    def _build(self, _: Any) -> None:
        """Drop the attributes that PyTorch hangs on a state dict (the versions of its layers)."""
        state, target = self._stack.pop(), self._stack[-1]
        if not isinstance(state, dict) or not isinstance(target, dict):
            raise HubError("its pickle sets the state of an object; refused")


def _storage(parts: object) -> _Storage:
    """A storage from its persistent id: ("storage", type, key, device, length, view)."""
    if not isinstance(parts, tuple) or len(parts) != 6 or parts[0] != "storage":
        raise HubError("it refers to something outside that is no storage; refused")
    _, kind, key, _, length, view = parts
    if not isinstance(kind, _Name) or kind.name not in _STORAGES or not isinstance(key, str):
        raise HubError("a storage in it has no known type of number")
    if not _is_count(length) or view is not None:
        raise HubError("a storage in it has no sensible length, or is a part of another one")
    return _Storage(key, np.dtype(_STORAGES[kind.name]), length)


def _view(arguments: tuple[Any, ...]) -> _View:
    """A tensor from the arguments of `_rebuild_tensor_v2`, which must lie within its storage.

    A tensor with more entries than its storage (they would repeat) is refused: that is how few bytes fill a memory.
    """
    if len(arguments) < 4:
        raise HubError("a tensor in it is incomplete")
    storage, offset, shape, stride = arguments[:4]
    sizes = (shape, stride)
    if not isinstance(storage, _Storage) or not all(isinstance(one, tuple) for one in sizes):
        raise HubError("a tensor in it has no storage or no shape")
    if not all(_is_count(one) for one in (offset, *shape, *stride)) or len(shape) != len(stride) or len(shape) > 8:
        raise HubError("a tensor in it has an impossible shape, stride or offset")
    count = math.prod(shape)
    last = offset + sum((size - 1) * step for size, step in zip(shape, stride, strict=True)) if count else offset
    if count > storage.length or (last >= storage.length if count else last > storage.length):
        raise HubError(f"a tensor of shape {shape} reaches outside of its storage of {storage.length:,} numbers")
    return _View(storage, offset, shape, stride)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 48


_VALUES = {"BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE", "SHORT_BINUNICODE"}
_CONSTANTS: dict[str, Callable[[], object]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
}
_ACTIONS: dict[str, Callable[[_Reader, Any], None]] = {
    "PROTO": lambda reader, version: None,
    "MARK": _Reader._mark,
    "BINPUT": _Reader._put,
    "LONG_BINPUT": _Reader._put,
    "BINGET": _Reader._get,
    "LONG_BINGET": _Reader._get,
    "TUPLE": _Reader._tuple,
    "TUPLE1": lambda reader, _: reader._short_tuple(1),
    "TUPLE2": lambda reader, _: reader._short_tuple(2),
    "TUPLE3": lambda reader, _: reader._short_tuple(3),
    "APPEND": lambda reader, _: reader._append([reader._stack.pop()]),
    "APPENDS": lambda reader, _: reader._append(reader._since_mark()),
    "SETITEM": lambda reader, _: reader._set([reader._stack.pop(-2), reader._stack.pop()]),
    "SETITEMS": lambda reader, _: reader._set(reader._since_mark()),
    "GLOBAL": _Reader._global,
    "BINPERSID": _Reader._storage,
    "REDUCE": _Reader._reduce,
    "BUILD": _Reader._build,
}
