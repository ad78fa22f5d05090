"""What an MQTT broker takes, as it says in its welcome or when it refuses (MQTT 5.0, sections 3.2.2.3 and 4.13)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

RETAIN_NOT_SUPPORTED, QOS_NOT_SUPPORTED = 0x9A, 0x9B

_WINDOW = 65_535  # messages that may be on the way, where the broker does not say


@dataclass(frozen=True, slots=True)
class BrokerLimits:
    """What one broker takes.

    packet: bytes of the largest message, None for any; retain: whether it keeps a topic's last message; qos: 0 to 2;
    window: messages that may wait for their acknowledgement at once.
    """

    packet: int | None = None
    retain: bool = True
    qos: int = 2
    window: int = _WINDOW

    @classmethod
    def of(cls, properties: Any) -> BrokerLimits:
        """What the broker's welcome says; what is not in it has no limit."""
        qos = getattr(properties, "MaximumQoS", 2)
        return cls(
            packet=getattr(properties, "MaximumPacketSize", None),
            retain=bool(getattr(properties, "RetainAvailable", 1)),
            qos=qos,
            window=getattr(properties, "ReceiveMaximum", _WINDOW) if qos else _WINDOW,
        )

    def after(self, code: int) -> BrokerLimits:
        """What is left to try when the broker refuses with this reason; the same where it says nothing of limits."""
        if code == RETAIN_NOT_SUPPORTED:
            return replace(self, retain=False)
        return replace(self, qos=0) if code == QOS_NOT_SUPPORTED else self

    @property
    def notices(self) -> tuple[str, ...]:
        """What is promised less than with a broker that can all of it."""
        found = []
        if self.qos == 0:
            found.append(
                "the broker acknowledges no messages (maximum QoS 0): an event counts as sent once the broker has read"
                " it, and is lost where it loses it then"
            )
        if not self.retain:
            found.append("the broker retains no messages: the status reaches only those who have subscribed already")
        return tuple(found)


def publish_size(topic: str, payload: bytes, properties: Any, qos: int) -> int:
    """Bytes of a whole PUBLISH packet (MQTT 5.0, section 3.3)."""
    rest = 2 + len(topic.encode()) + (2 if qos else 0) + len(properties.pack()) + len(payload)
    return 1 + max(1, -(-rest.bit_length() // 7)) + rest
