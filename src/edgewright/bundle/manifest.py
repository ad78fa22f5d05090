"""What a bundle says of itself: for which devices it is, and every file in it with its digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from edgewright.bundle.values import is_digest, is_name, is_version, is_whole
from edgewright.documents import parse_json
from edgewright.errors import BundleError

FORMAT = 1
MOST_BYTES = 1 << 20
"""Of a manifest; far more than any bundle needs."""

_MOST_FILES, _LONGEST_WORD = 2_000, 100
# What every file system has, and nothing that leads elsewhere: no root, no "..", no hidden name.
_PATH = re.compile(r"(?!.*/\.)(?!\.)[A-Za-z0-9._+-]+(/[A-Za-z0-9._+-]+)*")
# What a device makes itself in the folder of a version; "complete" would say that all of it is there.
_OF_THE_DEVICE = {"manifest.json", "manifest.json.sig", "complete", "healthy", "left", "system", "venv"}


@dataclass(frozen=True)
class Entry:
    """One file: its path in the bundle, its size in bytes and its SHA-256 in hexadecimal."""

    path: str
    size: int
    sha256: str

    def __post_init__(self) -> None:
        _require(isinstance(self.path, str) and len(self.path) < 200, "path", self.path)
        _require(bool(_PATH.fullmatch(self.path)), "path", self.path)
        _require(self.path.lower().split("/")[0] not in _OF_THE_DEVICE, "path", self.path)
        _require(is_whole(self.size), "size", self.size)
        _require(is_digest(self.sha256), "SHA-256", self.sha256)


@dataclass(frozen=True)
class Platform:
    """A kind of device: `machine` as `uname -m` says it, `python` as "3.11", `libc` as "glibc 2.36"."""

    machine: str
    python: str
    libc: str

    def __post_init__(self) -> None:
        for value in asdict(self).values():
            _require(isinstance(value, str) and 0 < len(value) < _LONGEST_WORD, "part of a platform", value)


@dataclass(frozen=True)
class Manifest:
    """All that a bundle is.

    `name` is what it deploys, `version` only ever grows on a device. `devices`: names of devices and of their groups;
    empty stands for any. `runs`: the words behind `edgewright` that a device runs for good, such as ("watch",
    "agent.toml"), empty where it runs nothing. `files`: in the order in which they stand in the archive.

    Raises `BundleError`.
    """

    name: str
    version: int
    platform: Platform
    files: tuple[Entry, ...]
    devices: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (self.name, *self.devices):
            _require(is_name(name), "name", name)
        _require(is_version(self.version), "version", self.version)
        _require(all(isinstance(word, str) for word in self.runs), "words of a command", self.runs)
        _require(len(self.files) <= _MOST_FILES, "files", len(self.files))
        paths = [entry.path.lower() for entry in self.files]
        folders = {"/".join(path.split("/")[:depth]) for path in paths for depth in range(1, path.count("/") + 1)}
        _require(len({*paths}) == len(paths) and not folders & {*paths}, "paths, each once", paths)

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest in hexadecimal: of all that is in the bundle."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def label(self) -> str:
        """What its folder on a device is called: the version, and the beginning of the digest."""
        return f"{self.version}-{self.digest[:12]}"

    def to_bytes(self) -> bytes:
        """The one way to write it, in ASCII; what is signed."""
        value = {"format": FORMAT, **asdict(self)}
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Read one; raises `BundleError` for anything that `to_bytes` would not have written."""
        try:
            value = parse_json(data, most_bytes=MOST_BYTES)
        except (ValueError, UnicodeDecodeError) as error:
            raise BundleError(f"its manifest is no JSON: {error}") from None
        found = _exactly(value, {"format", *(field.name for field in fields(cls))})
        if found.pop("format") != FORMAT:
            raise BundleError("it is of another format", remedy="Update Edgewright on the device, or make it anew")
        manifest = cls(
            found["name"],
            found["version"],
            Platform(**_exactly(found["platform"], {"machine", "python", "libc"})),
            tuple(Entry(**_exactly(entry, {"path", "size", "sha256"})) for entry in _list(found["files"])),
            devices=tuple(_list(found["devices"])),
            runs=tuple(_list(found["runs"])),
        )
        if manifest.to_bytes() != data:
            raise BundleError("its manifest is not written as a manifest is")
        return manifest


def _exactly(value: Any, names: set[str]) -> dict[str, Any]:
    if not isinstance(value, Mapping) or {*value} != names:
        raise BundleError(f"its manifest has other parts than {', '.join(sorted(names))}")
    return dict(value)


def _list(value: Any) -> Sequence[Any]:
    _require(isinstance(value, list), "list", value)
    return list(value)


def _require(holds: bool, what: str, value: Any) -> None:
    if not holds:
        raise BundleError(f"its manifest has no good {what}: {value!r:.100}")
