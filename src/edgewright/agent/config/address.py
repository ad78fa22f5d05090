"""Where a server of ours listens: "8080", "127.0.0.1:8080", "[::1]:8080", "0.0.0.0:8080"."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
_PORTS = range(65_536)
_FORM = re.compile(r"(?:(?P<host>\[[^\[\]]*\]|[^:\[\]]*):)?(?P<port>\d{1,5})")


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address of this machine and a port; port 0 is any that is free.

    `parse` reads what people write: a port alone is of the loopback interface, which nobody else can reach. Both raise
    `ValueError`.
    """

    host: str = LOOPBACK
    port: int = 8080

    def __post_init__(self) -> None:
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            raise ValueError(f"{self.host!r} is no IP address; expected one like 127.0.0.1 or 0.0.0.0") from None
        if self.port not in _PORTS:
            raise ValueError(f"{self.port} is no port; expected one up to {_PORTS[-1]}")

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read "8080" or "127.0.0.1:8080"; localhost is the loopback interface."""
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r}, expected an address like 127.0.0.1:8080, or a port")
        host = (match["host"] or LOOPBACK).strip("[]")
        return cls(LOOPBACK if host == "localhost" else host, int(match["port"]))

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def is_every(self) -> bool:
        """Whether it stands for all addresses of this machine, as 0.0.0.0 does."""
        return ipaddress.ip_address(self.host).is_unspecified

    @property
    def in_url(self) -> str:
        """The host as a URL has it."""
        return f"[{self.host}]" if ":" in self.host else self.host

    def __str__(self) -> str:
        return f"{self.in_url}:{self.port}"
