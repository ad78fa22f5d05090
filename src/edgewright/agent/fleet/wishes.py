"""What is wanted of a device now: as laid down at a broker, or in a file of a web server."""

from __future__ import annotations

import contextlib
import random
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from edgewright.agent.backoff import Backoff
from edgewright.agent.delivery.sinks.deadline import Deadline
from edgewright.agent.fleet.device import Device
from edgewright.agent.fleet.settings import UpdateSettings
from edgewright.agent.tls import client_context, verdict
from edgewright.bundle import MOST_DESIRED_BYTES, Desired
from edgewright.errors import MissingExtraError

_STEP_S, _WHOLE_S = 10.0, 30.0
_FIRST_PAUSE_S = 5.0

PLAIN = {"Accept-Encoding": "identity"}
"""Nothing is unpacked: a few bytes could become any number."""


@dataclass(frozen=True)
class Wanted:
    """The version that is wanted, None for none; `problem` says why what is laid down is not followed.

    `passes`: for a reason that can pass.
    """

    desired: Desired | None = None
    problem: str = ""
    passes: bool = False


class Wishes(Protocol):
    """Where wishes are read."""

    def look(self, patience_s: float, stopping: threading.Event) -> Wanted:
        """What is wanted now; waits for news, but not longer than `patience_s`, and not once it is stopping."""

    def close(self) -> None:
        """Let go of what is open."""


class Inbox:
    """Wishes that a broker holds, on several topics; the highest version counts, and of equal ones the first topic's.

    `put` is called by the thread of the connection. A broker says nothing of a wish that was taken back while nobody
    was connected: `begin` marks where a connection begins, and `settle` forgets what was not heard in it.
    """

    def __init__(self, topics: tuple[str, ...], device: Device) -> None:
        self.topics = topics
        self._device = device
        self._changed = threading.Condition()
        self._found: dict[str, Wanted] = {}
        self._unheard: set[str] = set()
        self._is_new = False

    def begin(self) -> None:
        """A connection begins, in which all that is still wanted is heard again; until then it is believed."""
        with self._changed:
            self._unheard = set(self._found)

    @property
    def is_settled(self) -> bool:
        """Whether all that is believed was heard in this connection."""
        return not self._unheard

    def settle(self) -> None:
        """The broker has sent what it holds: what was not among it is wanted no more."""
        with self._changed:
            for topic in self._unheard:
                del self._found[topic]
                self._is_new = True
            self._unheard = set()
            self._changed.notify_all()

    def put(self, topic: str, data: bytes) -> None:
        """Take what came; nothing at all takes a wish back."""
        if topic not in self.topics:
            return
        with self._changed:
            self._found[topic] = _read(data, self._device) if data else Wanted()
            self._unheard.discard(topic)
            self._is_new = True
            self._changed.notify_all()

    def look(self, patience_s: float, stopping: threading.Event) -> Wanted:
        """What is wanted, as soon as something new has come."""
        end = time.monotonic() + patience_s
        with self._changed:
            while not self._is_new and not stopping.is_set() and (rest_s := end - time.monotonic()) > 0:
                self._changed.wait(min(rest_s, 0.5))
            self._is_new = False
            found = [self._found[topic] for topic in self.topics if topic in self._found]
        return _best(found)

    def close(self) -> None:
        """The connection is not ours."""


class PolledFile:
    """A wish in a file of a web server, asked for again only where it has changed (ETag; RFC 9110, 13.1.2)."""

    def __init__(self, settings: UpdateSettings, device: Device) -> None:
        self._settings, self._device = settings, device
        self._httpx = library()
        self._context = client_context(settings.credentials)
        self._deadline = Deadline()
        self._last = self._said = Wanted()
        self._tag = ""
        self._due_s = 0.0
        self._backoff = Backoff(_FIRST_PAUSE_S, settings.every_s)

    def look(self, patience_s: float, stopping: threading.Event) -> Wanted:
        """What the file says, which is asked for when it is time."""
        stopping.wait(max(0.0, min(patience_s, self._due_s - time.monotonic())))
        if time.monotonic() >= self._due_s and not stopping.is_set():
            pause_s = self._backoff.pause()
            if self._ask():
                self._backoff.reset()
                pause_s = self._settings.every_s * random.uniform(0.9, 1.1)  # noqa: S311 - devices shall not come at once
            self._due_s = time.monotonic() + pause_s
        return self._last

    def close(self) -> None:
        """Let go of the connection."""
        self._deadline.close()

    def _ask(self) -> bool:
        """Whether the server answered as it should."""
        try:
            with self._deadline.within(_WHOLE_S), self._answer() as answer:
                code = int(answer.status_code)
                if code == 304:  # what was wrong meanwhile has passed
                    self._last = self._said
                    return True
                if code != 200:
                    return self._failed(f"the server answered {code} {answer.reason_phrase}")
                data = b"".join(_some(answer, MOST_DESIRED_BYTES + 1))
                self._tag = str(answer.headers.get("etag", ""))
        except (self._httpx.HTTPError, self._httpx.InvalidURL, ssl.SSLError, OSError, ValueError) as error:
            return self._failed(verdict(error) or f"no answer: {str(error) or type(error).__name__}")
        self._last = self._said = _read(data, self._device)
        return True

    def _answer(self) -> Any:
        headers = PLAIN | ({"If-None-Match": self._tag} if self._tag else {})
        client = client_for(self._httpx, self._settings, self._context, own=True)
        trace = {"trace": self._deadline.trace}
        return _streamed(client, self._settings.source, headers, trace)

    def _failed(self, reason: str) -> bool:
        """What was wanted before stays so."""
        self._last = Wanted(self._said.desired, f"{self._settings.source}: {reason}", passes=True)
        return False


def library() -> Any:
    """What speaks HTTP; raises `MissingExtraError`."""
    try:
        import httpx
    except ImportError:
        raise MissingExtraError("Fetching updates", "agent") from None
    return httpx


def client_for(httpx: Any, settings: UpdateSettings, context: ssl.SSLContext, *, own: bool) -> Any:
    """A client that checks certificates; `own`: that it is for the host that user, password and token are meant for."""
    given = settings.credentials
    auth = (given.user, given.password or "") if own and given.user else None
    headers = {"Authorization": f"Bearer {given.token}"} if own and given.token else {}
    return httpx.Client(verify=context, timeout=_STEP_S, auth=auth, headers=headers)


@contextlib.contextmanager
def _streamed(client: Any, url: str, headers: dict[str, str], trace: dict[str, Any]) -> Iterator[Any]:
    with client, client.stream("GET", url, headers=headers, extensions=trace) as answer:
        yield answer


def _some(answer: Any, most_bytes: int) -> Iterator[bytes]:
    """The beginning of a body; the rest is left on the line."""
    left = most_bytes
    for part in answer.iter_raw():
        yield part[:left]
        left -= len(part)
        if left <= 0:
            return


def _read(data: bytes, device: Device) -> Wanted:
    try:
        desired = Desired.from_bytes(data)
    except (ValueError, UnicodeDecodeError) as error:
        return Wanted(problem=f"what is laid down cannot be read: {error}")
    return Wanted(desired) if desired.is_for(device.names) else Wanted()


def _best(found: list[Wanted]) -> Wanted:
    good = [one for one in found if one.desired is not None]
    problem = next((one.problem for one in found if one.problem), "")
    if not good:
        return Wanted(problem=problem)
    return max(good, key=lambda one: one.desired.version if one.desired else 0)
