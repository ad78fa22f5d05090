"""Keeps the runtime's chatter off descriptor 2 without losing anything else that is written there.

LiteRT announces its XNNPACK delegate from C++, past `sys.stderr`, and has no switch for it. While a call that does so
runs, descriptor 2 leads into memory. Afterwards the known lines are dropped and everything else is written where it
belonged, also what other threads wrote meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from collections.abc import Iterator

from edgewright.values import dataclass

# What LiteRT and TensorFlow write although all is well. Kept narrow: an unknown line is passed on.
_CHATTER = (
    r"INFO: (Created|Initialized|Applying|Replacing|Restored) .*"
    r"|(VERBOSE|INFO): Replacing .*"
    r"|INFO: \[\w+\.cc:\d+\] .*"
    r"|WARNING: \[(npu_registry|gpu_registry|compiler_plugin)\.cc:\d+\] .*"
    r"|└ Could not load shared library .*"
    r"|WARNING: Attempting to use a delegate that only supports static-sized tensors .*"
    r"|WARNING: All log messages before absl::InitializeLog\(\) .*"
    r"|[IW]0000 00:00:.*"
    r"|\d{4}-\d\d-\d\d \S+ [IW] tensorflow/.*"
    r"|To enable the following instructions: .*, rebuild TensorFlow .*"
)


@dataclass
class Said:
    """What was written during a quiet call that failed, without the chatter; empty after one that succeeded."""

    text: str = ""


@contextlib.contextmanager
def quiet(said: Said | None = None) -> Iterator[None]:
    """Run the block with the runtime's chatter held back; any number of threads may be in such a block.

    If the block raises, what was written during it goes into `said`, for the exception's text, instead of to
    descriptor 2.
    """
    start = _descriptor.enter()
    failed = True
    try:
        yield
        failed = False
    finally:
        text = _descriptor.leave(start, take=failed and said is not None)
        if said is not None and failed:
            said.text = text


class _Descriptor:
    """Where descriptor 2 leads: to its own place, or into memory while at least one block wants quiet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        self._own = self._memory = -1
        self._taken: list[tuple[int, int]] = []

    def enter(self) -> int:
        """Begin a block; returns the position in the memory where what it writes will begin."""
        with self._lock:
            if self._depth == 0:
                self._redirect()
            self._depth += 1
            return self._size()

    def leave(self, start: int, *, take: bool) -> str:
        """End a block; returns what was written since `start`, which with `take` is not passed on."""
        with self._lock:
            end = self._size()
            text = "".join(_without_chatter(self._read(start, end))) if take else ""
            if take:
                self._taken.append((start, end))
            self._depth -= 1
            if self._depth == 0:
                self._restore()
            return text

    def _redirect(self) -> None:
        # A closed descriptor 2, no memory for a file, Windows: then nothing is held back, and nothing breaks.
        if not hasattr(os, "pread"):
            return
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stderr.flush()
        try:
            self._own = os.dup(2)
            self._memory = _memory_file()
            os.dup2(self._memory, 2)
        except OSError:
            self._close()

    def _restore(self) -> None:
        if self._own < 0:
            return
        # First what is held, then the rest: what another thread writes from now on must not come before it.
        written = self._pass_on_from(0)
        os.dup2(self._own, 2)
        self._pass_on_from(written)
        self._close()

    def _pass_on_from(self, position: int) -> int:
        """Write what is held beyond `position` and was not taken to where it belonged; returns where that ended."""
        size = self._size()
        for start, end in [*sorted(self._taken), (size, size)]:
            self._pass_on(position, start)
            position = max(position, end)
        return size

    def _pass_on(self, start: int, end: int) -> None:
        with contextlib.suppress(OSError):
            os.write(self._own, "".join(_without_chatter(self._read(start, end))).encode("utf-8", "surrogateescape"))

    def _close(self) -> None:
        for descriptor in (self._own, self._memory):
            if descriptor >= 0:
                os.close(descriptor)
        self._own = self._memory = -1
        self._taken = []

    def _size(self) -> int:
        return os.fstat(self._memory).st_size if self._memory >= 0 else 0

    def _read(self, start: int, end: int) -> str:
        if self._memory < 0 or end <= start:
            return ""
        return os.pread(self._memory, end - start, start).decode("utf-8", "surrogateescape")


def _without_chatter(text: str) -> list[str]:
    return [line for line in text.splitlines(keepends=True) if not _is_chatter(line.rstrip("\r\n"))]


def _is_chatter(line: str) -> bool:
    # Every start has the first; the expression takes longer to compile than a small model to run.
    return line.startswith("INFO: Created ") or re.fullmatch(_CHATTER, line) is not None


def _memory_file() -> int:
    if hasattr(os, "memfd_create"):
        import fcntl

        file = os.memfd_create("edgewright-stderr")
        # Threads that write at once would overwrite each other: a memory file does not guard its position.
        fcntl.fcntl(file, fcntl.F_SETFL, os.O_APPEND)
        return file
    import tempfile

    with tempfile.TemporaryFile() as stream:
        return os.dup(stream.fileno())


_descriptor = _Descriptor()
