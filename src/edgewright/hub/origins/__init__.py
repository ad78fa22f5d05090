"""Where models come from: one file for each kind of place, which implements `Origin`.

A package outside adds a kind by an entry point in the group `edgewright.origins`: the kind, and an `OriginReader`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from edgewright.errors import HubError
from edgewright.machine import Progress
from edgewright.registry import Registry

ENTRY_POINTS = "edgewright.origins"


class Origin(Protocol):
    """One published file: what it is called, how large it is, and how to get it."""

    @property
    def title(self) -> str:
        """The published file in a few words: a package with its version, an address. Provenance calls it so."""

    @property
    def size(self) -> int:
        """Bytes of the file as it was published; 0 where nobody says."""

    @property
    def limit(self) -> int:
        """Bytes that are downloaded at most: `size`, where that is known."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the published file, in hexadecimal; "" where none is published."""

    @property
    def resumes(self) -> bool:
        """Whether a fetch that broke off goes on with what it left in its folder."""

    def fetch(self, folder: Path, progress: Progress, mirror: str = "") -> Path:
        """Download it into `folder` and say where it is; what is fetched is not trusted yet.

        mirror: the address of a host to take in place of the authors'. Raises HubError where the file cannot be had,
        OutputError where it cannot be stored, UsageError where this kind of place has no mirrors.
        """

    def data(self, fetched: Path) -> bytes:
        """The bytes that a recipe wants, out of a fetched file that has been verified. Raises HubError."""


class OriginReader(Protocol):
    """Makes an origin of an entry's table `[origin]`, its `kind` left out; raises HubError for a wrong one."""

    def __call__(self, table: Mapping[str, Any]) -> Origin:
        """Return the origin."""


_readers: Registry[OriginReader] = Registry(
    "kind of origin",
    ENTRY_POINTS,
    {"package": "edgewright.hub.origins.package:read", "web": "edgewright.hub.origins.web:read"},
    protocol="edgewright.hub.origins:OriginReader",
)

register_origin = _readers.register


def read_origin(table: Any) -> Origin:
    """Make an origin of an entry's table; raises HubError for wrong keys, UsageError for an unknown kind."""
    if not isinstance(table, dict) or not isinstance(table.get("kind"), str):
        raise HubError("origin is no table with a kind")
    return _readers.get(table["kind"])({key: value for key, value in table.items() if key != "kind"})
