"""A child process that stays: it is asked again and again, and may die of a question without harm to this one."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NoReturn

from edgewright.errors import ChildError
from edgewright.machine._limits import Limits
from edgewright.machine._process import ChildProcess
from edgewright.machine._transport import Kind
from edgewright.machine.child import QUIET, name_of, raise_failure, request_of
from edgewright.spelling import options

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_LAST_WORDS_S = 5.0  # for what a child still says that has closed its line

Serve = Callable[..., None]
"""`serve(questions, say, *args)`: `questions` are bytes until the parent has no more, `say` sends an answer."""


class Kept:
    """A fresh interpreter in which `serve(questions, say, *args)` runs until it is closed, or dies.

    `serve` must be importable by its qualified name; its arguments are pickled. Its output is captured, and the whole
    process group is killed by `close`, and too when this process dies. Not for two threads at once.
    """

    def __init__(self, called: str, serve: Serve, /, *args: object) -> None:
        """`called` is what messages call it. Raises `ChildError` where no descriptor can be passed on (Windows)."""
        from multiprocessing.connection import Connection

        if sys.platform == "win32":
            raise ChildError("a child process that is asked again and again needs Linux or macOS. Run it there")
        name_of(serve)
        self._name = called
        ours, theirs = socket.socketpair()
        with theirs:
            self._line: Connection = Connection(ours.detach())
            number = theirs.fileno()
            request = request_of(self._name, (options(), _serve, (number, serve, *args), {}))
            self._child = ChildProcess(self._name, request, QUIET | dict(os.environ), (number,))

    def ask(self, question: bytes) -> None:
        """Send a question; what comes of it is heard. One that the child is too dead to take is heard of there too."""
        with contextlib.suppress(OSError):
            self._line.send_bytes(question)

    def heard(self, seconds: float) -> bytes | None:
        """The next answer; None where there is none within so many seconds.

        Raises the `EdgewrightError` that `serve` raised, and `ChildCrashError` for any other end of the child.
        """
        dead = self._child.has_exited()  # asked before: what it said until then is still there to be heard
        try:
            if self._line.poll(0 if dead else seconds):
                return self._line.recv_bytes()
        except (EOFError, OSError):
            dead = True
        if dead:
            self._raise_end()
        return None

    def close(self) -> None:
        """Kill the child and all that it has started."""
        self._line.close()
        self._child.__exit__()

    def _raise_end(self) -> NoReturn:
        for kind, payload in self._child.messages(Limits(_LAST_WORDS_S, None)):
            if kind is Kind.FAILURE:
                raise_failure(self._name, payload, self._child.wait_for_exit())
        raise self._child.wait_for_death()


def _serve(number: int, serve: Serve, *args: object) -> None:
    """What runs in the child."""
    from multiprocessing.connection import Connection

    line = Connection(number)
    serve(_questions(line), line.send_bytes, *args)


def _questions(line: Connection) -> Iterator[bytes]:
    while True:
        try:
            yield line.recv_bytes()
        except EOFError:
            return
