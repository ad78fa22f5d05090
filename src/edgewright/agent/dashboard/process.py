"""The process that serves the page, seen from the agent: whatever its clients do to it, the agent goes on as before."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Self, cast

from edgewright.agent.backoff import Backoff
from edgewright.agent.config.address import Address
from edgewright.agent.credentials import without_secrets
from edgewright.agent.dashboard.access import Token, link, names_of
from edgewright.agent.dashboard.feed import Feed
from edgewright.agent.dashboard.framing import read, write
from edgewright.agent.dashboard.view import Shape
from edgewright.errors import EdgewrightError, MissingExtraError, OutputError, UsageError
from edgewright.spelling import argument

log = logging.getLogger(__name__)

_BOOTSTRAP = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline()); "
    "from edgewright.agent.dashboard.serving.main import main; main()"
)

_START_S, _END_S = 60.0, 2.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0

# Between two messages, so that a thousand events a second do not become a thousand messages.
_REST_S = 0.05


@dataclass(frozen=True)
class Shown:
    """What the page knows from the start: the model, the sources by name, what is drawn over their pictures."""

    model: str
    sources: tuple[str, ...]
    shapes: tuple[Shape, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the page."""
        shapes = [shape.to_dict() for shape in self.shapes]
        return {"model": self.model, "sources": self.sources, "shapes": shapes, **self.more}


class Dashboard:
    """Serves the page while it is open, in a `with` block; `feed` takes what it shows.

    `status` gives what the page shows of the agent as a whole, as plain values; it is asked in another thread, while
    somebody looks, every two seconds. The process is replaced when it ends. Entering raises `MissingExtraError` without
    the extra, and `UsageError` where the address is taken or is none of this machine's.
    """

    def __init__(
        self, address: Address, shown: Shown, status: Callable[[], Mapping[str, Any]], token: Token | None = None
    ) -> None:
        self.feed = Feed()
        self.address = address
        self._shown = shown
        self._status = status
        self._token = token
        self._backoff = Backoff(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_up, name="dashboard", daemon=True)

    @property
    def link(self) -> str:
        """Where to look, with the token."""
        return link(self.address, self._token)

    @property
    def process_id(self) -> int | None:
        """Number of the process; none while there is none."""
        process = self._process
        return process.pid if process else None

    def __enter__(self) -> Self:
        if not all(importlib.util.find_spec(name) for name in ("starlette", "uvicorn")):
            raise MissingExtraError(f"The dashboard ({argument('dashboard')})", "dashboard")
        self._process = self._start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self.feed.close()
        if self._process is not None:
            _end(self._process)
        self._thread.join(2 * _END_S)

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOTSTRAP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C at the terminal reaches the agent, which decides for both
            env=without_secrets(os.environ),
        )
        try:
            self._introduce(process)
        except BaseException:
            _end(process)
            raise
        for read_on in (self._listen, _log_lines):
            threading.Thread(target=read_on, args=(process,), name="dashboard", daemon=True).start()
        return process

    def _introduce(self, process: subprocess.Popen[bytes]) -> None:
        path = [os.path.abspath(entry) for entry in sys.path if isinstance(entry, str)]  # noqa: PTH100 - a str is wanted
        setup = {
            "host": self.address.host,
            "port": self.address.port,
            "names": names_of(self.address),
            "token": self._token.text if self._token else None,
            "run": self.feed.run,
            "shown": self._shown.to_dict(),
        }
        stream = _stdin(process)
        with contextlib.suppress(OSError):
            stream.write(json.dumps(path).encode() + b"\n")
            write(stream, setup)
        slow = threading.Timer(_START_S, process.kill)
        slow.start()
        try:
            answer = read(_stdout(process))
        finally:
            slow.cancel()  # the program would wait for it
        if answer is None:
            raise OutputError(f"the dashboard did not start: {_last_line(process)}")
        if (reason := answer[0].get("error")) is not None:
            raise UsageError(f"{self.address}: {reason}. Choose another address with {argument('dashboard')}")
        self.address = Address(self.address.host, int(answer[0]["port"]))

    def _keep_up(self) -> None:
        """Feed the process; where it ends, put another one in its place, after a pause that grows."""
        while not self._stopping.is_set():
            if self._process is not None:
                self._pass_on(self._process)
                _end(self._process)
            if self._stopping.is_set():
                return
            log.warning("the dashboard has ended and is started again")
            self.feed.begin_again()
            self._process = None
            self._stopping.wait(self._backoff.pause())
            if not self._stopping.is_set():
                self._start_again()

    def _start_again(self) -> None:
        try:
            process = self._start()
        except (OSError, OutputError, UsageError) as error:
            log.error("the dashboard: %s", error)
            return
        self._process = process
        if self._stopping.is_set():
            _end(process)

    def _pass_on(self, process: subprocess.Popen[bytes]) -> None:
        """Tell the process all news until it, or the agent, comes to its end."""
        stream = _stdin(process)
        while (news := self.feed.news()) is not None and process.poll() is None:
            try:
                for view, jpeg in news.views:
                    write(stream, {"view": view.to_dict()}, jpeg)
                if news.events:
                    write(stream, {"events": news.events})
                if news.status:
                    write(stream, {"status": self._figures()})
            except (OSError, ValueError):
                return
            self._stopping.wait(_REST_S)

    def _figures(self) -> dict[str, Any]:
        try:
            return dict(self._status())
        except EdgewrightError as error:  # where the disk does not say how things are, and whatever else it is
            return {"troubles": {"disk" if isinstance(error, OutputError) else "agent": str(error)}}

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Take what the process asks for, until it ends."""
        with _stdout(process) as stream:
            while (message := read(stream)) is not None:
                self.feed.ask(message[0])
        process.kill()  # where it said something that makes no sense
        process.wait()  # of one that is killed, this end may be seen before the other one is closed
        self.feed.ask({"status": True})  # wakes `_pass_on`, which sees that it has ended


def _end(process: subprocess.Popen[bytes]) -> None:
    """Nothing in it is worth a farewell; and whoever is writing to it is let go."""
    process.kill()
    process.wait()
    with contextlib.suppress(OSError):
        _stdin(process).close()


def _stdin(process: subprocess.Popen[bytes]) -> IO[bytes]:
    return cast(IO[bytes], process.stdin)


def _stdout(process: subprocess.Popen[bytes]) -> IO[bytes]:
    return cast(IO[bytes], process.stdout)


def _log_lines(process: subprocess.Popen[bytes]) -> None:
    with cast(IO[bytes], process.stderr) as lines:
        for line in lines:
            log.debug("dashboard: %s", line.decode(errors="replace").rstrip())


def _last_line(process: subprocess.Popen[bytes]) -> str:
    process.kill()
    lines = cast(IO[bytes], process.stderr).read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "its process ended")
