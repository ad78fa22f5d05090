"""A file on the web, by its address."""

from __future__ import annotations

from typing import NamedTuple

from edgewright.media import fetch_part, fetch_web
from edgewright.scale.remote.trying import tried


class WebFile(NamedTuple):
    """What is behind an address of http or https; all calls raise `DataError`."""

    address: str

    def size(self) -> int:
        """How many bytes it has; its server has to give parts of it."""
        return tried(self.address, lambda: fetch_part(self.address, 0, 1))[1]

    def read(self, start: int, end: int) -> bytes:
        """Its bytes from `start` to before `end`."""
        return tried(self.address, lambda: fetch_part(self.address, start, end))[0]

    def read_all(self) -> bytes:
        """All of its bytes."""
        return tried(self.address, lambda: fetch_web(self.address))
