"""Where models come from: one file for each kind of place, which implements `Origin`.

A package outside adds a kind by an entry point in the group `edgewright.origins`: the kind, and an `OriginReader`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from edgewright.errors import HubError
from edgewright.machine import Progress
from edgewright.registry import Registry


class Origin(Protocol):
    """One published file. title: what provenance calls it. size, sha256: of the file as it was published."""

    @property
    def title(self) -> str:
        """The published file in a few words: a package with its version, an address."""

    @property
    def size(self) -> int:
        """Bytes to download."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the published file, in hexadecimal."""

    def fetch(self, folder: Path, progress: Progress) -> Path:
        """Download it into `folder`, a scratch folder, and say where it is; what is fetched is not trusted yet.

        Raises HubError where it cannot be had, OutputError where it cannot be stored.
        """

    def data(self, fetched: Path) -> bytes:
        """The bytes that a recipe wants, out of a fetched file that has been verified. Raises HubError."""


class OriginReader(Protocol):
    """Makes an origin of an entry's table `[origin]`, its `kind` left out; raises HubError for a wrong one."""

    def __call__(self, table: Mapping[str, Any]) -> Origin:
        """Return the origin."""


_readers: Registry[OriginReader] = Registry(
    "kind of origin", "edgewright.origins", {"package": "edgewright.hub.origins.package:read"}
)

register_origin = _readers.register


def read_origin(table: Any) -> Origin:
    """Make an origin of an entry's table; raises HubError for wrong keys, UsageError for an unknown kind."""
    if not isinstance(table, dict) or not isinstance(table.get("kind"), str):
        raise HubError("origin is no table with a kind")
    return _readers.get(table["kind"])({key: value for key, value in table.items() if key != "kind"})


def verify(fetched: Path, origin: Origin) -> None:
    """Raise HubError unless a fetched file is, byte for byte, what was published."""
    with fetched.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    size = fetched.stat().st_size
    if digest != origin.sha256 or size != origin.size:
        raise HubError(
            f"what arrived is not {origin.title} as published: {size:,} bytes, SHA-256 {digest}; "
            f"expected {origin.size:,} bytes, {origin.sha256}. Nothing was kept"
        )
