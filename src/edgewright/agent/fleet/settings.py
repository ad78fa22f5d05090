"""What an agent is told about the fleet that it belongs to: where it reports, and where it learns of new versions."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from edgewright.agent.credentials import Credentials, split_url, warn_if_bare
from edgewright.bundle import check_url, is_name

OWN_BROKER = "fleet"


@dataclass(frozen=True, kw_only=True)
class FleetSettings:
    """Where an agent reports how it is doing: to `broker`, a target like "mqtts://broker/site", as device `name`.

    `name`: None for the one that the device was given when it was set up. It reports every `every_s` seconds, and when
    something changes. Raises `ValueError` and `UsageError`.
    """

    broker: str
    name: str | None = None
    every_s: float = 60.0
    credentials: Credentials = field(default_factory=Credentials)

    def __post_init__(self) -> None:
        if urlsplit(self.broker).scheme not in ("mqtt", "mqtts"):
            raise ValueError(f"broker: {self.broker!r}, expected a broker and a topic, like mqtts://broker/site")
        parts = split_url(self.broker)
        if not parts.path.strip("/") or any(sign in self.broker for sign in "+#?"):
            raise ValueError(f"broker: {self.broker!r}: name a topic, without + and #, as in mqtts://broker/site")
        warn_if_bare(parts, self.credentials)
        if self.name is not None and not is_name(self.name):
            raise ValueError(f"name: {self.name!r}, expected letters, digits, dots, dashes and underscores")
        if not 1 <= self.every_s < math.inf:
            raise ValueError(f"every: {self.every_s:g} s, expected at least 1s")

    @property
    def base(self) -> str:
        """The address below which devices have their topics."""
        return self.broker.rstrip("/")


@dataclass(frozen=True, kw_only=True)
class UpdateSettings:
    """Where an agent learns which version its device is to have.

    `source`: "https://host/desired.json", which is looked at every `every_s` seconds, or "fleet": what is laid down at
    the broker of `FleetSettings`. No bundle over `most_bytes` is fetched. `credentials` are shown to the host of
    `source` only. Raises `ValueError`.
    """

    source: str = OWN_BROKER
    every_s: float = 3600.0
    most_bytes: int = 1_000_000_000
    credentials: Credentials = field(default_factory=Credentials)

    def __post_init__(self) -> None:
        if self.source != OWN_BROKER:
            _check_source(self.source)
        elif self.credentials.is_secret:
            raise ValueError('credentials: user, password and token are for the host of from, and "fleet" has none')
        if not 1 <= self.every_s < math.inf:
            raise ValueError(f"every: {self.every_s:g} s, expected at least 1s")
        if self.most_bytes < 1:
            raise ValueError(f"largest: {self.most_bytes} bytes, expected at least 1")

    @property
    def is_at_broker(self) -> bool:
        """Whether it is what is laid down at the broker."""
        return self.source == OWN_BROKER


def _check_source(source: str) -> None:
    if "://" in source:
        split_url(source)  # which does not repeat a password
    try:
        check_url(source)
    except ValueError:
        expected = 'an address like https://host/desired.json, or "fleet"'
        raise ValueError(f"from: {source!r}, expected {expected}") from None
