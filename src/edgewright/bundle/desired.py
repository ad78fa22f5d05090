"""Which version a device is to have, and where it fetches it: what is laid down for it, at a broker or a web server."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from edgewright.bundle.values import is_digest, is_name, is_version, is_whole
from edgewright.documents import parse_json

MOST_DESIRED_BYTES = 1 << 16
"""Of what is laid down; a fleet of every platform needs a hundredth of it."""

_LARGEST_SIZE, _LONGEST_URL, _LONGEST_WORD = 2**40, 2_000, 40


@dataclass(frozen=True)
class Offer:
    """One bundle to be fetched: its address, the SHA-256 of the file in hexadecimal, and its size in bytes.

    `machine` as `uname -m` says it and `python` as "3.11" are of the devices that it is for; None stands for all.
    Raises `ValueError`.
    """

    url: str
    sha256: str
    size: int
    machine: str | None = None
    python: str | None = None

    def __post_init__(self) -> None:
        check_url(self.url)
        _require(is_digest(self.sha256), "sha256", self.sha256)
        _require(is_whole(self.size) and 0 < self.size < _LARGEST_SIZE, "size", self.size)
        for name, word in (("machine", self.machine), ("python", self.python)):
            _require(word is None or (isinstance(word, str) and 0 < len(word) < _LONGEST_WORD), name, word)

    def fits(self, machine: str, python: str) -> bool:
        """Whether it is for such a device."""
        return self.machine in (None, machine) and self.python in (None, python)


@dataclass(frozen=True)
class Desired:
    """The version that devices are to have, and a bundle of it for each platform.

    `devices`: names of devices and groups that are meant; empty stands for all that read it. Raises `ValueError`.
    """

    version: int
    offers: tuple[Offer, ...]
    devices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _require(is_version(self.version), "version", self.version)
        _require(bool(self.offers), "bundles", [])
        for name in self.devices:
            _require(is_name(name), "devices", name)

    def is_for(self, names: Collection[str]) -> bool:
        """Whether a device with these names, of its own and of its groups, is meant."""
        return not self.devices or bool({*self.devices} & {*names})

    def offer_for(self, machine: str, python: str) -> Offer | None:
        """The first bundle that fits a platform."""
        return next((offer for offer in self.offers if offer.fits(machine, python)), None)

    def to_bytes(self) -> bytes:
        """JSON, as `from_bytes` reads it."""
        bundles = [{key: value for key, value in vars(offer).items() if value is not None} for offer in self.offers]
        value = {"version": self.version, "bundles": bundles}
        if self.devices:
            value["devices"] = list(self.devices)
        return json.dumps(value, indent=1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> Desired:
        """Read `{"version": 7, "bundles": [{"url": …, "sha256": …, "size": …, "machine": …}], "devices": [...]}`.

        A single bundle may stand in place of the list, beside the version. What it has besides is left alone, so that
        later programs can say more. Raises `ValueError` for what is none.
        """
        value = parse_json(data, most_bytes=MOST_DESIRED_BYTES)
        if not isinstance(value, dict):
            raise ValueError("it is no JSON object with a version")
        listed = value.get("bundles", [value])
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise ValueError("its bundles are no list of objects")
        devices = value.get("devices", [])
        _require(isinstance(devices, list), "devices", devices)
        return cls(_said(value, "version"), tuple(map(_offer, listed)), tuple(devices))


def check_url(url: Any) -> None:
    """Raise `ValueError` for what is no https:// address, or has a password in it."""
    _require(isinstance(url, str) and len(url) < _LONGEST_URL and url.isprintable() and " " not in url, "url", url)
    parts = urlsplit(url)
    _ = parts.port
    _require(parts.scheme == "https" and bool(parts.hostname), "url, which begins with https://", url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("its url has a user or a password in it")


def _offer(value: dict[str, Any]) -> Offer:
    given = {key: value.get(key) for key in ("machine", "python")}
    return Offer(_said(value, "url"), _said(value, "sha256"), _said(value, "size"), **given)


def _said(value: dict[str, Any], key: str) -> Any:
    if key not in value:
        raise ValueError(f"it says no {key}")
    return value[key]


def _require(holds: bool, what: str, value: Any) -> None:
    if not holds:
        raise ValueError(f"it has no good {what}: {value!r:.100}")
