"""What a rollout keeps beside fleet.toml, so that it can go on: its version, its bundles, and who has them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import edgewright
from edgewright.bundle import Platform, open_bundle, read_trusted, trusted_text
from edgewright.deploy.fleet.fleet_file import Fleet, FleetDevice
from edgewright.deploy.making import Bundle
from edgewright.deploy.packing.agent_settings import PackedSettings, pack_settings
from edgewright.deploy.signing import signers_of
from edgewright.documents import parse_json
from edgewright.errors import BundleError, UsageError
from edgewright.files import write_atomic
from edgewright.hub import read

_MOST_BYTES = 10_000_000
_NOTES = "rollout.json"


class Make(Protocol):
    """How a bundle is made: as `make_bundle` does it."""

    def __call__(
        self,
        out: Path,
        *,
        platform: Platform,
        model: Any = None,
        config: Path | None = None,
        version: int | None = None,
        devices: tuple[str, ...] = (),
        sign: str | None = None,
        packages: str = "",
        overwrite: bool = False,
    ) -> Bundle:
        """One for a platform, as a file."""


class Kept:
    """The folder `fleet.rollout` beside fleet.toml. `version` is the one that is rolled out.

    It is that of a rollout that was not finished, if what devices get is the same as then.
    """

    def __init__(self, fleet: Fleet, version: int | None, make: Make) -> None:
        self._fleet, self._make = fleet, make
        self._folder = fleet.path.with_suffix(".rollout")
        self._lock = threading.Lock()
        self._made: dict[str, Bundle] = {}
        self._inputs = self._digest()
        notes = self._noted()
        goes_on = (
            notes.get("inputs") == self._inputs and not notes.get("whole") and isinstance(notes.get("version"), int)
        )
        asked = version or fleet.version
        self.version = asked or (notes["version"] if goes_on else int(time.strftime("%Y%m%d%H%M%S", time.gmtime())))
        self._goes_on = goes_on and notes.get("version") == self.version
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._goes_on:
            for path in self._folder.glob("*.bundle"):
                path.unlink()
        self.note({}, is_whole=False)

    def bundle(self, device: FleetDevice, platform: Platform, packages: str, *, current: str | None = None) -> Bundle:
        """The one of its platform, made when the first device of that asks; raises what making it raises.

        `packages`: what that device has installed, as `make_bundle` takes it; what one lacks, another may have.
        `current`: the label of what is at work there; one of this rollout stays, whatever came beside it since.
        """
        with self._lock:
            if packages and (found := self._at_work(device, current)) is not None:
                return found
            installed = [hashlib.sha256(packages.encode()).hexdigest()[:12]] if packages else []
            key = _plain("-".join((_kind(device), *vars(platform).values(), *installed)))
            if key not in self._made:
                path = self._folder / f"{key}.bundle"
                self._made[key] = self._found(path, device) or self._new(path, device, platform, packages)
            return self._made[key]

    def note(self, said: Mapping[str, Any], *, is_whole: bool) -> None:
        """Remember how far it is."""
        notes = {**said, "version": self.version, "inputs": self._inputs, "whole": is_whole}
        write_atomic(self._folder / _NOTES, json.dumps(notes, indent=1).encode() + b"\n", overwrite=True)

    def _new(self, path: Path, device: FleetDevice, platform: Platform, packages: str) -> Bundle:
        alike = [other.name for other in self._fleet.devices if _kind(other) == _kind(device)]
        return self._make(
            path,
            platform=platform,
            model=None if device.model is None else read(device.model),
            config=device.config,
            version=self.version,
            devices=tuple(alike),
            sign=self._fleet.sign,
            packages=packages,
            overwrite=True,
        )

    def _at_work(self, device: FleetDevice, label: str | None) -> Bundle | None:
        kept = (self._found(path, device) for path in sorted(self._folder.glob("*.bundle")))
        return next((bundle for bundle in kept if bundle is not None and bundle.manifest.label == label), None)

    def _found(self, path: Path, device: FleetDevice) -> Bundle | None:
        """One that was made before, for the same version of the same."""
        if not self._goes_on or not path.exists():
            return None
        with contextlib.suppress(BundleError), open_bundle(path, (), unsigned=True) as opened:
            secrets = pack_settings(device.config).secrets if device.config else {}
            return Bundle(path, opened.manifest, signed=bool(opened.signature), secrets=secrets)
        return None

    def _noted(self) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError):
            value = parse_json((self._folder / _NOTES).read_bytes(), most_bytes=_MOST_BYTES)
            return value if isinstance(value, dict) else {}
        return {}

    def _digest(self) -> str:
        """Of all that devices get."""
        digest = hashlib.sha256()
        for part in (edgewright.__version__, str(self._fleet.sign), *self._trusted(), *self._contents()):
            digest.update(part.encode() + b"\0")
        return digest.hexdigest()

    def _trusted(self) -> Iterator[str]:
        """The keys that devices trust from then on."""
        signers = signers_of(self._fleet.sign) if self._fleet.sign else None
        if signers is not None:
            yield trusted_text(read_trusted(signers))

    def _contents(self) -> Iterator[str]:
        yield from sorted(f"{device.name} {_kind(device)}" for device in self._fleet.devices)
        kinds = {_kind(device): device for device in self._fleet.devices if device.host}
        for kind, device in sorted(kinds.items()):
            yield kind
            if device.config is not None:
                yield from _packed(pack_settings(device.config))
            elif device.model is not None:
                yield read(device.model).sha256
            else:
                raise UsageError(
                    f'{self._fleet.path}: {device.name}: say what it gets: config = "agent.toml", or model'
                )


def _kind(device: FleetDevice) -> str:
    return str(device.config or device.model or "")


def _packed(packed: PackedSettings) -> Iterator[str]:
    yield packed.text
    for path, model in sorted(packed.models.items()):
        yield f"{path} {model.sha256}"
    for path, content in sorted(packed.files.items()):
        yield f"{path} {hashlib.sha256(content).hexdigest()}"


def _plain(text: str) -> str:
    """As a file can be called; what differs stays so."""
    tail = re.sub(r"[^A-Za-z0-9._-]+", "-", text)[-60:].strip("-.")
    return f"{tail}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
