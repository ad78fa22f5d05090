"""Events posted to a web server, one request each."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Sequence
from typing import Any

from edgewright.agent.credentials import Credentials, split_url, warn_if_bare
from edgewright.agent.event import Stored
from edgewright.agent.sinks.protocol import SinkError
from edgewright.agent.sinks.tls import client_context, verdict
from edgewright.errors import MissingExtraError

log = logging.getLogger(__name__)

_TIMEOUT_S = 10.0

# Answers that say "this event, never": anything else can pass, a wrong password included, once it is set right.
_REFUSED = frozenset({400, 410, 413, 414, 415, 422})
_LOGIN = frozenset({401, 403})


class Webhook:
    """Posts each event as JSON, with its id as `Idempotency-Key`; a server that saw that key before may skip it."""

    batch = 50

    def __init__(self, url: str, credentials: Credentials) -> None:
        warn_if_bare(split_url(url), credentials)
        try:
            import httpx
        except ImportError:
            raise MissingExtraError("Sending to a web server", "agent") from None
        self.name = url.partition("?")[0]
        self._url = url
        self._errors = (httpx.HTTPError, ssl.SSLError)
        self._credentials = credentials
        self._verify: ssl.SSLContext | bool = client_context(credentials) if url.startswith("https") else True
        self._client: Any = None

    def send(self, events: Sequence[Stored]) -> int:
        """Post one after the other, up to the first that the server does not take."""
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
        if self._client is not None:
            self._client.close()
            self._client = None

    def _post(self, event: Stored) -> None:
        headers = {"Content-Type": "application/json", "Idempotency-Key": event.id}
        try:
            answer = self._connected().post(self._url, content=event.data, headers=headers)
        except self._errors as error:
            self.close()
            reason = str(error) or type(error).__name__
            raise SinkError(verdict(error) or f"no answer: {reason}") from error
        if answer.status_code in _REFUSED:
            log.error("%s: event %s was refused for good: %d", self.name, event.id, answer.status_code)
        elif not answer.is_success:
            hint = " (are user and password, or the token, right?)" if answer.status_code in _LOGIN else ""
            raise SinkError(f"the server answered {answer.status_code} {answer.reason_phrase}{hint}")

    def _connected(self) -> Any:
        if self._client is None:
            import httpx

            given = self._credentials
            auth = (given.user, given.password or "") if given.user else None
            headers = {"Authorization": f"Bearer {given.token}"} if given.token else {}
            self._client = httpx.Client(verify=self._verify, timeout=_TIMEOUT_S, auth=auth, headers=headers)
        return self._client


def open_webhook(target: str, credentials: Credentials) -> Webhook:
    """The sink of "https://host/path"."""
    return Webhook(target, credentials)
