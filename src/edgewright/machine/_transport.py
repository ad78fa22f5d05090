"""What a child process and its parent say to each other: framed, pickled messages over pipes."""

from __future__ import annotations

import pickle
import struct
import traceback
from enum import Enum
from typing import IO, Any

READY = b"edgewright-child-ready\n"  # What came out of stdout before it is noise from the interpreter's start
_HEADER = struct.Struct("!cQ")


class Kind(Enum):
    """What a message from the child carries."""

    PROGRESS = b"p"  # (step, done, total)
    RESULT = b"r"  # what the function returned
    FAILURE = b"f"  # the parts of an exception, see `pack_exception`


def dumps(value: object) -> bytes:
    """Pickle `value` with the newest protocol, which copies large arrays least."""
    return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)


def write_message(stream: IO[bytes], kind: Kind, payload: bytes) -> None:
    """Write one message: kind, length, payload."""
    stream.write(_HEADER.pack(kind.value, len(payload)))
    stream.write(payload)
    stream.flush()


def read_message(stream: IO[bytes]) -> tuple[Kind, bytes] | None:
    """Read one message; None at the end of the stream, or where the writer died in the middle of a message."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    kind, size = _HEADER.unpack(header)
    payload = stream.read(size)
    return (Kind(kind), payload) if len(payload) == size else None


def pack_exception(error: BaseException) -> bytes:
    """Take an exception apart: class, args, attributes, "Name: message", traceback as text.

    Pickle would rebuild an exception with `cls(*args)`, which fails for every class whose constructor takes something
    other than the message. So the parts travel, and `unpack_exception` puts them together without the constructor.
    """
    words = "".join(traceback.format_exception_only(error)).strip()
    trace = "".join(traceback.format_exception(error))
    args = tuple(value if _picklable(value) else repr(value) for value in error.args)
    state = {name: value for name, value in vars(error).items() if _picklable(value)}
    cls = type(error) if _picklable(type(error)) else None
    return dumps((words, trace, dumps((cls, args, state))))


def unpack_exception(parts: bytes) -> BaseException | None:
    """Build the exception again from the innermost parts of `pack_exception`; None if its class is not known here."""
    try:
        cls, args, state = pickle.loads(parts)  # noqa: S301 - see `child._load` about trust
    except (pickle.UnpicklingError, ImportError, AttributeError):
        return None
    if cls is None:
        return None
    # What is an OSError among other things can only be made as one, and does not keep arguments by itself.
    error: BaseException = (OSError if issubclass(cls, OSError) else cls).__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def _picklable(value: Any) -> bool:
    try:
        dumps(value)
    except (pickle.PicklingError, AttributeError, TypeError, RecursionError):
        return False
    return True
