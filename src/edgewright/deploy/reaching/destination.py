"""Where a device is: `user@host`, `host`, `user@host:port`, as the user's own configuration of OpenSSH knows it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edgewright.errors import UsageError

_WRITTEN = re.compile(
    r"(?:ssh://)?(?:(?P<user>[^@\s:/\[\]-][^@\s:/\[\]]*)@)?"
    r"(?:\[(?P<six>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^@\s:/\[\]-][^@\s:/\[\]]*))"
    r"(?::(?P<port>\d{1,5}))?/?"
)
_MOST_PORTS = 65535


@dataclass(frozen=True)
class Destination:
    """A `host`: a name, an alias of ~/.ssh/config or an address; `user` and `port` are None where SSH shall choose."""

    host: str
    user: str | None = None
    port: int | None = None

    def __post_init__(self) -> None:
        # What begins with a dash would be an option of ssh.
        if not self.host or self.host.startswith("-") or (self.user or "").startswith("-"):
            raise UsageError(f"{self.host!r} is no host")
        if self.port is not None and not 0 < self.port <= _MOST_PORTS:
            raise UsageError(f"{self.host}: there is no port {self.port}")

    @classmethod
    def parse(cls, written: str) -> Destination:
        """Read one. Raises `UsageError`.

        >>> Destination.parse("pi@door.local:2222")
        Destination(host='door.local', user='pi', port=2222)
        """
        found = _WRITTEN.fullmatch(written)
        if found is None:
            raise UsageError(f"{written!r} is no device. Write user@host, host, or user@host:port")
        port = found["port"]
        return cls(found["six"] or found["host"], found["user"], int(port) if port else None)

    @property
    def words(self) -> list[str]:
        """What ssh is told to go there, after all options."""
        user = ["-l", self.user] if self.user else []
        port = ["-p", str(self.port)] if self.port else []
        return [*user, *port, "--", self.host]

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host and self.port else self.host
        return f"{f'{self.user}@' if self.user else ''}{host}{f':{self.port}' if self.port else ''}"
