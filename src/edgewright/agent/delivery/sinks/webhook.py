"""Events posted to a web server, one request each."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

from edgewright.agent.credentials import Credentials, split_url, warn_if_bare
from edgewright.agent.delivery.limits import SLOWEST_BYTES_S
from edgewright.agent.delivery.sinks.deadline import Deadline
from edgewright.agent.delivery.sinks.protocol import SinkError
from edgewright.agent.events.event import Stored
from edgewright.agent.tls import client_context, verdict
from edgewright.errors import MissingExtraError

log = logging.getLogger(__name__)

# For one step, such as the next byte; and for all of an attempt, with what a slow line needs for the event.
_TIMEOUT_S = 10.0
_ATTEMPT_S = 20.0

# Of an answer only its status counts. So much of its body is taken off the line, so that the next event can use that.
_SHORT_BODY = 4096
_BODY_S = 0.5

_LONGEST_WAIT_S = 3600.0

# Answers that say "this event, never": anything else can pass, a wrong password included, once it is set right.
_REFUSED = frozenset({400, 410, 413, 414, 415, 422})
_LOGIN = frozenset({401, 403})
# These are of the server, not of the event.
_BUSY = frozenset({408, 425, 429, 502, 503, 504})


class Webhook:
    """Posts each event as JSON, with its id as `Idempotency-Key`; a server that saw that key before may skip it.

    A `Retry-After` is heeded, up to an hour. Bodies of answers are not read, and redirects not followed.
    """

    batch = 50
    refused = 0

    def __init__(self, url: str, credentials: Credentials) -> None:
        warn_if_bare(split_url(url), credentials)
        try:
            import httpx
        except ImportError:
            raise MissingExtraError("Sending to a web server", "agent") from None
        self.name = url.partition("?")[0]
        self._url = url
        # What a server's nonsense raises in httpx is not all of one family: broken addresses are `ValueError`s.
        self._errors = (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError, ValueError)
        self._unreachable = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)
        self._credentials = credentials
        self._verify: ssl.SSLContext | bool = client_context(credentials) if url.startswith("https") else True
        self._client: Any = None
        self._deadline = Deadline()
        self._not_before, self._asked = 0.0, ""

    def send(self, events: Sequence[Stored]) -> int:
        """Post one after the other, up to the first that the server does not take."""
        if (rest_s := self._not_before - time.monotonic()) > 0:
            raise SinkError(self._asked, again_s=rest_s)
        for done, event in enumerate(events):
            try:
                self._post(event)
            except SinkError:
                if done:
                    return done
                raise
        return len(events)

    def close(self) -> None:
        """Close the connection."""
        self._deadline.close()
        if self._client is not None:
            self._client.close()
            self._client = None

    def _post(self, event: Stored) -> None:
        answer = self._answer(event)
        self._finish(answer)
        code = int(answer.status_code)
        if code in _REFUSED:
            self.refused += 1
            log.error("%s: event %s was refused for good: %d", self.name, event.id, code)
        elif not 200 <= code < 300:
            reason = f"the server answered {code} {answer.reason_phrase}{_hint(code)}"
            self._asked = reason
            self._not_before = time.monotonic() + (again_s := _retry_after(answer.headers))
            raise SinkError(reason, of_event=code not in _BUSY, again_s=again_s)

    def _answer(self, event: Stored) -> Any:
        """The head of the answer; its body is still on the line."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": event.id}
        seconds = _ATTEMPT_S + len(event.data) / SLOWEST_BYTES_S
        with self._deadline.within(seconds):
            try:
                client = self._connected()
                request = client.build_request(
                    "POST", self._url, content=event.data, headers=headers, extensions={"trace": self._deadline.trace}
                )
                answer = client.send(request, stream=True)
                client.cookies.clear()  # they would pile up
                return answer
            except self._errors as error:
                reason = verdict(error) or f"no answer: {str(error) or type(error).__name__}"
                if self._deadline.is_over:
                    reason = f"no answer: the server has not finished one within {seconds:.0f} seconds"
                self.close()
                raise SinkError(reason, of_event=not isinstance(error, self._unreachable)) from error

    def _finish(self, answer: Any) -> None:
        """Take a short body off the line; leave a long, slow or broken one, and the connection with it."""
        taken = 0
        try:
            with self._deadline.within(_BODY_S):
                for part in answer.iter_raw():
                    taken += len(part)
                    if taken > _SHORT_BODY:
                        break
                answer.close()
        except self._errors:
            self.close()

    def _connected(self) -> Any:
        if self._client is None:
            import httpx

            given = self._credentials
            auth = (given.user, given.password or "") if given.user else None
            headers = {"Authorization": f"Bearer {given.token}"} if given.token else {}
            self._client = httpx.Client(verify=self._verify, timeout=_TIMEOUT_S, auth=auth, headers=headers)
        return self._client


def _hint(code: int) -> str:
    if code in _LOGIN:
        return " (are user and password, or the token, right?)"
    return " (events do not follow to another address; name that one)" if 300 <= code < 400 else ""


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds for which the server asks to be left alone (RFC 9110, 10.2.3), 0 where it does not say so clearly.

    A date is taken by the server's own clock: that of a small computer may be wrong by years.
    """
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        return min(float(said[:9]), _LONGEST_WAIT_S)
    if not said:
        return 0.0
    try:
        then = parsedate_to_datetime(said)
        now = parsedate_to_datetime(headers["date"]).timestamp() if "date" in headers else time.time()
        return min(max(0.0, then.timestamp() - now), _LONGEST_WAIT_S)
    except (ValueError, OverflowError, TypeError):
        return 0.0


def open_webhook(target: str, credentials: Credentials) -> Webhook:
    """The sink of "https://host/path"."""
    return Webhook(target, credentials)
