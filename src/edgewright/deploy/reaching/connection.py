"""One connection to a device, which all calls share: OpenSSH's client does everything, and asks its user itself."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Any, cast

from edgewright.deploy.reaching import problems
from edgewright.deploy.reaching.destination import Destination
from edgewright.documents import parse_json
from edgewright.errors import DeployError
from edgewright.machine import Progress, silent

PROGRAM = "EDGEWRIGHT_SSH"
"""The environment variable with another program than "ssh", and options for it: "ssh -F other_config"."""

# Nothing of the user's is overruled but what would mix with what is said here: a terminal, forwardings, other sockets.
_PLAIN = ("-T", "-x", "-a", "-o", "ClearAllForwardings=yes", "-o", "RemoteCommand=none")
_ALIVE = ("-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=3")
_PERSIST_S = 10
_BLOCK = 1 << 18
_SHARES = os.name != "nt"  # OpenSSH for Windows has no sockets to share a connection by
_OWN_FAILURE = 255  # ssh(1), EXIT STATUS
_SHELL_FAILURE = 126  # and above: a program that is not there, or died by a signal
_RECEIVER = Path(__file__).with_name("receiving.py")

# The first Python that is new enough; what is older is named, in case there is no other.
_FIND_PYTHON = """
for name in python3 python3.11 python3.12 python3.13 python3.14; do
  command -v $name >/dev/null 2>&1 && $name -c 'import sys; print(*sys.version_info[:2], sys.executable)' 2>/dev/null
done; true"""
_PYTHON = re.compile(r"(\d{1,3}) (\d{1,3}) (.*)")
_OLDEST = (3, 11)
# Of what a program prints, or of one line of it.
_MOST_BYTES = 64 << 20


def connect(to: str | Destination) -> Connection:
    """Connect, to be used in a `with` block.

    ssh asks for a passphrase, a password or a host key by itself where there is a terminal, and for nothing elsewhere.
    Raises `DeployError` where there is no ssh, no such host, no answer, no key that is taken, or another host key.
    """
    connection = Connection(to if isinstance(to, Destination) else Destination.parse(to))
    try:
        connection.open()
    except BaseException:
        connection.close()
        raise
    return connection


@dataclass(frozen=True)
class _Running:
    """A program on the device: ssh's process, and the file that takes its standard error."""

    process: subprocess.Popen[bytes]
    said: IO[bytes]

    @property
    def output(self) -> IO[bytes]:
        return cast(IO[bytes], self.process.stdout)

    def feed(self, data: bytes) -> None:
        """Write all from a thread: a program that prints before it has read would wait for us, and we for it."""
        threading.Thread(target=self.send, args=(io.BytesIO(data), len(data), "", silent), daemon=True).start()

    def send(self, stream: IO[bytes], size: int, step: str, progress: Progress) -> None:
        """Write all and close its input; a program that ends before says itself why."""
        sent = 0
        progress(step, sent, size)
        with contextlib.suppress(BrokenPipeError), cast(IO[bytes], self.process.stdin) as pipe:
            while block := stream.read(_BLOCK):
                pipe.write(block)
                sent += len(block)
                progress(step, sent, size)

    def wait(self) -> tuple[int, str]:
        """How it ended and what it complained of."""
        code = self.process.wait()
        self.said.seek(0)
        return code, self.said.read().decode(errors="replace")


class Connection:
    """Runs programs on a device, sends files there. `to` says where it is."""

    def __init__(self, to: Destination) -> None:
        self.to = to
        self._folder = _short_folder()
        self._ssh = shlex.split(os.environ.get(PROGRAM, "ssh"))
        self._held: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Make the connection that the others share."""
        share = ("-M", "-N", "-f", "-o", f"ControlPersist={_PERSIST_S}") if _SHARES else ()
        code, said = self._done([*self._options(), *share, *self.to.words, *(() if _SHARES else ("true",))])
        if code:
            raise problems.failed(self.to, said)
        if _SHARES:
            # It would end after some seconds in which nobody calls. This waits there for the end of what nobody writes:
            # until we close it, or are killed.
            self._held = subprocess.Popen(
                self._command(["cat"]), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )

    def close(self) -> None:
        """End it, and whatever still runs through it; nothing happens where it ended before."""
        if self._held is not None:
            self._held.kill()
            self._held.communicate()
        if (self._folder / "s").exists():
            self._control("exit")
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def stands(self) -> bool:
        """Whether it is still there."""
        return not _SHARES or self._control("check")

    def run(self, words: Sequence[str], *, input: bytes = b"", what: str = "") -> bytes:
        """Run a program with its arguments, whatever signs are in them, and return what it prints: at most 64 MB.

        Raises `DeployError` where it does not end with 0, or the connection is cut; `what` is what messages call it.
        """
        with self._started(words) as running:
            running.feed(input)
            output = self._limited(running.output.read(_MOST_BYTES + 1), what or words[0])
            self._finish(running, what or words[0])
        return output

    def lines(
        self, words: Sequence[str], *, input: bytes = b"", what: str = "", check: bool = True
    ) -> Iterator[dict[str, Any]]:
        """Run a program that prints JSON documents, one a line, and yield each when it comes.

        Raises as `run`, after the last; without `check` only where no exit code came.
        """
        with self._started(words) as running:
            running.feed(input)
            while line := running.output.readline(_MOST_BYTES + 1):
                document = _document(self._limited(line, what or words[0]))
                if document is not None:
                    yield document
            self._finish(running, what or words[0], check=check)

    def put(
        self, file: Path | bytes, path: str, *, mode: int = 0o644, step: str = "upload", progress: Progress = silent
    ) -> int:
        """Send a file, so that it is there whole or not at all, and return its size.

        `path` is absolute or begins in the home folder there ("~/x" or "x"). Raises `DeployError`: disk full, cut, ….
        """
        size = len(file) if isinstance(file, bytes) else file.stat().st_size
        words = [self.python, "-c", _RECEIVER.read_text(), path, str(size), _digest(file), f"{mode:o}"]
        with self._started(words) as running, _opened(file) as stream:
            running.send(stream, size, step, progress)
            self._finish(running, f"writing {PurePosixPath(path).name}")
        return size

    def python_says(self, program: str, *arguments: str, input: bytes = b"") -> Any:
        """The JSON that a text in Python prints there, run with arguments, in its last line.

        What a login prints stands before it. Raises `DeployError`, also where there is none.
        """
        output = self.run([self.python, "-c", program, *arguments], input=input, what="python3")
        try:
            return parse_json(output.strip().rpartition(b"\n")[2], most_bytes=_MOST_BYTES)
        except ValueError as error:
            raise DeployError(f"it does not say what it was asked: {error}", where=str(self.to)) from None

    @cached_property
    def python(self) -> str:
        """The path of a Python there that is new enough; raises `DeployError` where there is none."""
        found = self.run(["sh", "-c", _FIND_PYTHON]).decode(errors="replace").splitlines()
        named = filter(None, map(_PYTHON.fullmatch, found))  # what a login prints stands between
        there = [(int(match[1]), int(match[2]), match[3]) for match in named]
        for major, minor, path in there:
            if (major, minor) >= _OLDEST and path:
                return path
        needed = ".".join(map(str, _OLDEST))
        if not there:
            remedy = "Install it there: sudo apt install python3 python3-venv"
            raise DeployError("it has no python3", where=str(self.to), remedy=remedy)
        major, minor, _ = max(there)
        raise DeployError(
            f"its Python is {major}.{minor}, expected at least {needed}",
            where=str(self.to),
            remedy="Update its system (Raspberry Pi OS 12 has 3.11), or install a newer one beside it",
        )

    def _options(self) -> list[str]:
        batch = () if _at_terminal() else ("-o", "BatchMode=yes")
        return [*_PLAIN, *_ALIVE, *batch, *(("-o", f"ControlPath={self._folder / 's'}") if _SHARES else ())]

    def _command(self, words: Sequence[str]) -> list[str]:
        shared = ("-o", "ControlMaster=no") if _SHARES else ()
        return [*self._ssh, *self._options(), *shared, *self.to.words, shlex.join(words)]

    @contextlib.contextmanager
    def _started(self, words: Sequence[str]) -> Iterator[_Running]:
        """A program there, killed here if it is not waited for; what it writes to standard error is kept."""
        if not self.stands:
            raise problems.cut(self.to)
        with (
            tempfile.TemporaryFile(dir=self._folder) as said,
            subprocess.Popen(
                self._command(words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said
            ) as process,
        ):
            try:
                yield _Running(process, said)
            finally:
                process.kill()

    def _limited(self, output: bytes, what: str) -> bytes:
        if len(output) > _MOST_BYTES:
            raise DeployError(f"{what} printed over {_MOST_BYTES >> 20} MB", where=str(self.to))
        return output

    def _finish(self, running: _Running, what: str, *, check: bool = True) -> None:
        code, said = running.wait()
        if not code or (not check and 0 < code < _SHELL_FAILURE):
            return
        if code < 0 or code == _OWN_FAILURE:
            raise problems.killed(self.to, what) if _SHARES and self._control("check") else problems.cut(self.to)
        raise problems.refused(self.to, what, code, said)

    def _control(self, command: str) -> bool:
        """Say something to the shared connection; False where it is gone."""
        return not self._done([*self._options(), "-O", command, *self.to.words])[0]

    def _done(self, arguments: Sequence[str]) -> tuple[int, str]:
        # Into files: the connection that stays behind would hold pipes open.
        with tempfile.TemporaryFile(dir=self._folder) as said:
            try:
                done = subprocess.run(
                    [*self._ssh, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    check=False,
                )
            except OSError as error:
                remedy = "Install OpenSSH's client: sudo apt install openssh-client"
                raise DeployError(f"{self._ssh[0]} cannot be run: {error.strerror}", remedy=remedy) from None
            said.seek(0)
            return done.returncode, said.read().decode(errors="replace")


def _at_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _document(line: bytes) -> dict[str, Any] | None:
    with contextlib.suppress(ValueError, RecursionError):
        document = json.loads(line)
        if isinstance(document, dict):
            return document
    return None


def _short_folder() -> Path:
    """A private one: the path of a socket may have about a hundred characters."""
    places = [tempfile.gettempdir(), *(["/tmp"] if _SHARES and Path("/tmp").is_dir() else [])]  # noqa: S108
    return Path(tempfile.mkdtemp(prefix="ew-", dir=min(places, key=len)))


def _opened(file: Path | bytes) -> IO[bytes]:
    return io.BytesIO(file) if isinstance(file, bytes) else file.open("rb")


def _digest(file: Path | bytes) -> str:
    with _opened(file) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
