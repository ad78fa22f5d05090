"""Where models come from: one file for each kind of place, which implements `Origin` and registers itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from edgewright.errors import HubError, UsageError
from edgewright.machine import Progress


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


_origins: dict[str, Callable[[Mapping[str, Any]], Origin]] = {}


def register_origin(kind: str, read: Callable[[Mapping[str, Any]], Origin]) -> None:
    """Make a kind of origin known: `read` makes one of an entry's table `[origin]` (without its `kind`)."""
    if kind in _origins:
        raise UsageError(f"an origin of kind {kind!r} is registered already")
    _origins[kind] = read


def read_origin(table: Any) -> Origin:
    """Make an origin of an entry's table; raises HubError for an unknown kind or wrong keys."""
    _load_all()
    if not isinstance(table, dict) or table.get("kind") not in _origins:
        kind = table.get("kind") if isinstance(table, dict) else table
        raise HubError(f"origin.kind is {kind!r}. Choose one of: {', '.join(_origins)}")
    return _origins[table["kind"]]({key: value for key, value in table.items() if key != "kind"})


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


@cache
def _load_all() -> None:
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if not path.name.startswith("_"):
            import_module(f"{__name__}.{path.stem}")
