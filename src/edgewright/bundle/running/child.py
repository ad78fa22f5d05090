"""One run of a version's program: what it tells its service manager, what it complained of last, how it ended."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from edgewright.bundle.running.programs import command, ending, environment, last_line
from edgewright.bundle.store import Store

_BLOCK, _LAST_BYTES, _MOST_MESSAGE = 65_536, 8_192, 65_536
_LOOK_S = 0.2
_PR_SET_PDEATHSIG = 1


class Child:
    """The program of a version, from its start on.

    `ready_s` and `alive_s` are when it reported itself and when it last said that it is alive, of the monotonic clock;
    None before it ever did.
    Raises `OSError` where it cannot be started.
    """

    def __init__(self, store: Store, label: str, words: tuple[str, ...]) -> None:
        self.label = label
        self.started_s = time.monotonic()
        self.ready_s: float | None = None
        self.alive_s: float | None = None
        self._last = b""
        self._folder = Path(tempfile.mkdtemp(prefix="ew-"))  # for ourselves alone, and short as sockets want it
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._read, write = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._read, False)
        try:
            self._manager.bind(str(self._folder / "notify"))
            self._process = subprocess.Popen(
                command(store, label, *words),
                cwd=store.folder(label),
                env={**environment(store, label), "NOTIFY_SOCKET": str(self._folder / "notify")},
                stdin=subprocess.DEVNULL,
                stderr=write,
                process_group=0,
                preexec_fn=_end_with_parent,  # safe: the launcher has no threads
            )
        except BaseException:
            self._close()
            raise
        finally:
            os.close(write)

    @property
    def sources(self) -> tuple[int, int]:
        """What has something to read when it says something."""
        return self._manager.fileno(), self._read

    def hear(self) -> list[str]:
        """What it told its service manager since the last time, a line each; what it complains of is passed on."""
        self._pass_on()
        lines: list[str] = []
        with contextlib.suppress(BlockingIOError):
            while True:
                lines += self._manager.recv(_MOST_MESSAGE).decode("utf-8", "replace").splitlines()
        if "WATCHDOG=1" in lines:
            self.alive_s = time.monotonic()
        if "READY=1" in lines and self.ready_s is None:
            self.ready_s = time.monotonic()
        return lines

    def ended(self) -> str | None:
        """How it ended, with the last that it complained of; None while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        self._pass_on()
        said = last_line(self._last)
        return f"{ending(code)}: {said}" if said else ending(code)

    def stop(self, within_s: float) -> None:
        """Ask it to end, end it if it does not, and whatever it leaves behind."""
        self._signal(signal.SIGTERM, group=False)
        end = time.monotonic() + within_s
        while self._process.poll() is None and time.monotonic() < end:
            select.select(self.sources, (), (), _LOOK_S)
            self.hear()
        self._signal(signal.SIGKILL, group=True)
        self._process.wait()
        self._pass_on()
        self._close()

    def _signal(self, number: signal.Signals, *, group: bool) -> None:
        with contextlib.suppress(ProcessLookupError):
            if group:
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)

    def _pass_on(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._read, _BLOCK):
                self._last = (self._last + data)[-_LAST_BYTES:]
                with contextlib.suppress(OSError):
                    os.write(2, data)

    def _close(self) -> None:
        self._manager.close()
        os.close(self._read)
        shutil.rmtree(self._folder, ignore_errors=True)


def tell(message: str) -> None:
    """Tell our own service manager, where there is one (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            channel.send(message.encode())


def _end_with_parent() -> None:
    """A launcher that is killed takes its program along, so that there are never two."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
