"""Events as lines of JSON: appended to a file, or on standard output."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from edgewright.agent.capture.file_names import as_text
from edgewright.agent.credentials import Credentials
from edgewright.agent.delivery.sinks.protocol import SinkError
from edgewright.agent.events.event import Stored
from edgewright.errors import UsageError

# How each of our lines begins; by it a line that a power cut tore is told from somebody else's text.
_OURS = b'{"sequence":'

_LONGEST_TAIL = 64_000_000

# How long another agent that writes to the same file is waited for, and how often it is looked whether it still does.
_PATIENCE_S, _AGAIN_S = 10.0, 0.01


class JsonLines:
    """Appends to a file, and waits for the disk. A file that was moved away (log rotation) is made anew.

    Several agents may append to one file, where the system has locks for that: not on Windows.
    """

    batch = 500

    def __init__(self, path: Path) -> None:
        self.name = f"file:{as_text(path)}"
        self._path = path
        self._file: BinaryIO | None = None
        self._is_new = False

    def send(self, events: Sequence[Stored]) -> int:
        """Write a line for each event; all of them are on the disk, or `SinkError` is raised."""
        try:
            file = self._opened()
            with _alone(file):
                if self._is_new:
                    _mend_tail(file)
                    self._is_new = False
                end = file.seek(0, os.SEEK_END)
                _write(file, b"".join(event.data + b"\n" for event in events), end)
        except OSError as error:
            self.close()
            raise SinkError(f"cannot be written: {error.strerror or error}") from error
        return len(events)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> BinaryIO:
        if self._file is not None and not self._is_still(self._file):
            self.close()
        if self._file is None:
            # Not "append": a torn line is cut off, and what failed half-way is taken back.
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            self._file = os.fdopen(descriptor, "r+b", buffering=0)
            self._is_new = True
        return self._file

    def _is_still(self, file: BinaryIO) -> bool:
        try:
            return os.path.samestat(os.fstat(file.fileno()), self._path.stat())
        except FileNotFoundError:
            return False


@contextlib.contextmanager
def _alone(file: BinaryIO) -> Iterator[None]:
    """While no other agent writes to the file, where the system and the disk can tell; raises `OSError`."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    held, end = False, time.monotonic() + _PATIENCE_S
    while not held:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = True
        except BlockingIOError:
            if time.monotonic() > end:
                raise OSError("another program keeps it locked") from None
            time.sleep(_AGAIN_S)
        except OSError:  # a file system without locks
            break
    try:
        yield
    finally:
        if held and not file.closed:
            fcntl.flock(file, fcntl.LOCK_UN)


def _write(file: BinaryIO, data: bytes, end: int) -> None:
    """Write all of it or nothing; a full disk may take a part."""
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    except OSError:
        file.truncate(end)
        raise


def _mend_tail(file: BinaryIO) -> None:
    """Cut off a line of ours that was not finished; end one of somebody else's."""
    size = file.seek(0, os.SEEK_END)
    tail = b""
    while size - len(tail) > 0 and b"\n" not in tail and len(tail) < _LONGEST_TAIL:
        length = min(4096 + len(tail), size)
        file.seek(size - length)
        tail = file.read(length)
    torn = tail[tail.rfind(b"\n") + 1 :]
    if torn and (torn.startswith(_OURS) or _OURS.startswith(torn)):
        file.truncate(size - len(torn))
    elif torn:
        file.seek(0, os.SEEK_END)
        file.write(b"\n")


class StandardOutput:
    """Prints a line for each event; where it is a file, a full disk may have torn the last one, which is ended then."""

    name = "stdout"
    batch = 100

    def __init__(self) -> None:
        self._is_torn = False

    def send(self, events: Sequence[Stored]) -> int:
        """Print; raises `SinkError` once nobody reads any more."""
        text = "".join(_writable(event.text) + "\n" for event in events)
        try:
            self._print(f"\n{text}" if self._is_torn else text)
        except (OSError, ValueError) as error:
            raise SinkError(f"cannot be written: {getattr(error, 'strerror', None) or error}") from error
        return len(events)

    def close(self) -> None:
        """Nothing is to be freed."""

    def _print(self, text: str) -> None:
        """Past Python's buffers, which hide what a disk did not take, and without which Python forgets it."""
        sys.stdout.flush()
        file = getattr(sys.stdout, "buffer", None)
        if file is None:  # somebody's own
            sys.stdout.write(text)
            return
        file = getattr(file, "raw", file)
        rest = memoryview(text.encode(sys.stdout.encoding or "utf-8", sys.stdout.errors or "strict"))
        while rest:
            written = file.write(rest)
            if not written:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            self._is_torn = rest[written - 1] != ord("\n")
            rest = rest[written:]


def _writable(text: str) -> str:
    """The text, or where standard output cannot write its letters, the same JSON without them."""
    try:
        text.encode(sys.stdout.encoding or "ascii", sys.stdout.errors or "strict")
    except UnicodeEncodeError:
        return json.dumps(json.loads(text), separators=(",", ":"))
    return text


def open_file(target: str, credentials: Credentials) -> JsonLines:
    """The sink of "file:events.jsonl"; raises `UsageError` where its folder does not exist."""
    path = Path(target.removeprefix("file:").removeprefix("//") or ".").absolute()
    if not path.parent.is_dir():
        raise UsageError(f"{target}: there is no folder {path.parent}. Make it first")
    if path.exists() and not path.is_file():
        raise UsageError(f"{target}: is {'a folder' if path.is_dir() else 'a device or a pipe'}, not a file")
    return JsonLines(path)


def open_stdout(target: str, credentials: Credentials) -> StandardOutput:
    """The sink of "stdout"."""
    return StandardOutput()
