"""Pictures and signals handed to another process through memory that both have: no copy through a pipe."""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.signal import Signal

_LEAST = 1 << 20


class Outgoing:
    """The side that writes; the memory grows with the largest picture.

    `inherited`: descriptors that the other process must be born with. On Linux the memory has no name, so that nothing
    is left of it however the two end; elsewhere it is a file for them alone.
    """

    def __init__(self) -> None:
        self._memory: mmap.mmap | None = None
        self._path: str | None = None
        if hasattr(os, "memfd_create"):
            self._descriptor = os.memfd_create("edgewright")
            self.inherited: tuple[int, ...] = (self._descriptor,)
        else:
            self._descriptor, self._path = tempfile.mkstemp(prefix="edgewright-")
            self.inherited = ()

    def put(self, frame: Frame) -> dict[str, Any]:
        """Lay a picture or signal into the memory; what is returned tells the other side what it finds where."""
        content, signal = frame.content, {}
        if isinstance(content, Signal):
            signal = {"signal": {"rate": content.rate, "at_s": content.at_s}}
            data, shape = _bytes_of(content.values), content.values.shape
        elif isinstance(content, np.ndarray):
            data, shape = _bytes_of(content), content.shape
        else:
            data, shape = memoryview(content), None
        memory = self._of_at_least(len(data))
        memory[: len(data)] = data
        file = self._descriptor if self._path is None else self._path
        return {"file": file, "size": len(memory), "bytes": len(data), "shape": shape, **signal}

    def close(self) -> None:
        """Free it."""
        if self._memory is not None:
            self._memory.close()
            self._memory = None
        os.close(self._descriptor)
        if self._path is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._path)  # noqa: PTH108 - beside the other calls for descriptors

    def _of_at_least(self, size: int) -> mmap.mmap:
        if self._memory is None or len(self._memory) < size:
            if self._memory is not None:
                self._memory.close()
            os.ftruncate(self._descriptor, max(_LEAST, size))
            self._memory = mmap.mmap(self._descriptor, max(_LEAST, size))
        return self._memory


def _bytes_of(array: npt.NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(array).data.cast("B")


class Incoming:
    """The side that reads."""

    def __init__(self) -> None:
        self._memory: mmap.mmap | None = None

    def get(self, told: dict[str, Any]) -> Any:
        """The picture: (height, width, 3) uint8, a view that is good until the next one, or the bytes of a file.

        Or the signal, whose values are such a view.
        """
        if self._memory is None or len(self._memory) != told["size"]:
            self._memory = _mapped(told["file"], told["size"])
        if told["shape"] is None:
            return self._memory[: told["bytes"]]
        kind = np.float32 if "signal" in told else np.uint8
        array = np.frombuffer(self._memory, kind, told["bytes"] // np.dtype(kind).itemsize).reshape(told["shape"])
        return Signal(array, **told["signal"]) if "signal" in told else array


def _mapped(file: int | str, size: int) -> mmap.mmap:
    """The memory. The mapping before it is left to the garbage collector: a view of it may still be about."""
    with open(file, "r+b", closefd=isinstance(file, str)) as opened:
        return mmap.mmap(opened.fileno(), size, access=mmap.ACCESS_READ)
