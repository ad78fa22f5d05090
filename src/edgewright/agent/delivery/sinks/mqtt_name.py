"""The name under which an MQTT broker knows a client, and what happens where two clients have the same one."""

from __future__ import annotations

import hashlib
import socket
import time
from typing import Any

from edgewright.agent.delivery.identity import Identity

# Another client came with our name, and the broker keeps the later one (MQTT 5.0, sections 3.1.4 and 4.13).
_TAKEN_OVER = 0x8E

# Not all brokers say so; some just close the connection, which the library reports with this reason. So many times in a
# row, each within a minute of the welcome, are no accident.
_UNSAID, _MANY, _SOON_S = 0x80, 3, 60.0


class ClientName:
    """The same at each start with the same state, so that a broker's log and its rules for access can name it.

    `sink` is the name of the sink: an agent may have several at one broker.
    """

    def __init__(self, sink: str) -> None:
        self._digest = hashlib.sha256(sink.encode()).hexdigest()[:8]
        self._welcomed_s = 0.0
        self._closed = 0
        self.identity = Identity()

    @property
    def text(self) -> str:
        """The client identifier."""
        return f"edgewright-{socket.gethostname()[:32]}-{self.identity.text}-{self._digest}"

    def welcomed(self) -> None:
        """Note that a broker has taken us."""
        self._welcomed_s = time.monotonic()

    def after(self, code: Any, ended_s: float, *, told: bool) -> str | None:
        """Heed how a connection ended, at a time of the monotonic clock; what to tell where that led to another name.

        `told`: the reason is the broker's own word. If two clients with one name both came back, they would push each
        other out for ever.
        """
        old, reason = self.text, ""
        if told and code.value == _TAKEN_OVER:
            reason = f"another client came as {old}, and the broker let this one go"
        elif not told and code.value == _UNSAID and ended_s - self._welcomed_s < _SOON_S:
            self._closed += 1
            if self._closed >= _MANY:
                reason = f"the broker takes this client and closes soon, as where another one comes as {old}"
        else:
            self._closed = 0
        if not reason:
            return None
        self._closed = 0
        self.identity.renew()
        return f"{reason}; is its state a copy of another agent's? It goes on as {self.text}"
