"""What an address leads to: a file on the web, or a place in a store."""

from __future__ import annotations

from typing import Protocol

from edgewright.scale.remote.addresses import is_web
from edgewright.scale.remote.store import Store
from edgewright.scale.remote.web import WebFile


class Place(Protocol):
    """Bytes that lie elsewhere. All calls raise `DataError` that names the address."""

    def size(self) -> int:
        """How many bytes there are."""

    def read(self, start: int, end: int) -> bytes:
        """Those from `start` to before `end`, or to their own end."""

    def read_all(self) -> bytes:
        """All of them; refused are none at all, and over 256 MiB."""


def place_of(address: str) -> Place:
    """The place that an address leads to. Raises as `Store.of` does."""
    return WebFile(address) if is_web(address) else Store.of(address)
