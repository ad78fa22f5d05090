"""`make_bundle`: all that a device runs, in one file, so that it needs no network: made at the desk for its kind."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgewright.bundle import (
    ALLOWED_SIGNERS,
    Manifest,
    Platform,
    check_names,
    check_version,
    read_trusted,
    trusted_text,
)
from edgewright.deploy import signing
from edgewright.deploy.checking import SETTINGS
from edgewright.deploy.packing.agent_settings import PackedSettings, pack_settings
from edgewright.deploy.packing.contents import model_paths, plain_name
from edgewright.deploy.packing.debs import missing_debs, needs_debs, stubs
from edgewright.deploy.packing.expecting import expectations
from edgewright.deploy.packing.locks import Pin, lock_text, read_lock
from edgewright.deploy.packing.needs import extras_of_models
from edgewright.deploy.packing.own_wheel import own_wheel
from edgewright.deploy.packing.program import device_program
from edgewright.deploy.packing.wheels import check_lock, fetch, resolve
from edgewright.deploy.writing import Content, entry_of, write_bundle
from edgewright.errors import UsageError
from edgewright.machine import Progress, silent
from edgewright.model import ModelLike, read_model

SUFFIX = ".bundle"

Sign = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Bundle:
    """A bundle that was made: its file, and what it says of itself.

    `secrets`: contents of files that its agent needs and that it has not: they belong into the folder `secrets` of the
    device's root, under these names, readable to its user alone (mode 600), before the bundle is installed.
    """

    path: Path
    manifest: Manifest
    signed: bool
    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.path.stat().st_size

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        said = self.manifest
        return {
            "path": str(self.path),
            "name": said.name,
            "version": said.version,
            "label": said.label,
            "digest": said.digest,
            "platform": vars(said.platform),
            "devices": list(said.devices),
            "runs": list(said.runs),
            "signed": self.signed,
            "size": self.size,
            "files": len(said.files),
            "secrets": sorted(self.secrets),
        }


def make_bundle(
    out: str | os.PathLike[str],
    *,
    platform: Platform,
    model: ModelLike | None = None,
    config: str | os.PathLike[str] | None = None,
    name: str | None = None,
    version: int | None = None,
    devices: Sequence[str] = (),
    sign: str | os.PathLike[str] | Sign | None = None,
    signers: str | os.PathLike[str] | None = None,
    lock: str | os.PathLike[str] | None = None,
    extras: Sequence[str] = (),
    requirements: Sequence[str] = (),
    packages: str = "",
    overwrite: bool = False,
    progress: Progress = silent,
) -> Bundle:
    """Make a bundle for devices of one platform, and write it to `out`: a file `.bundle`, or a folder for it.

    `config` is the file of an agent, which the device then runs for good, with all models that it names; `model` one
    that is only put there. `version` only ever grows on a device; without one it is the time in UTC, as 20260131235959.
    `devices`: names of devices and groups that may take it; none stands for any. `sign`: a key, by its name or file, or
    what makes the signature of bytes. `signers`: a file of keys (`allowed_signers`) that devices trust from then on, in
    place of those before; without one they are those of this desk, where the key that signs is one of them.

    `lock`: the `lock.txt` of another bundle, whose wheels are taken; without it the newest that go with each other are
    looked up. `extras` of Edgewright and other `requirements` are installed too, beside those that the agent is found
    to need. The same arguments and lock give the same bytes. `packages`: what a device of 32-bit ARM has installed, the
    text of its /var/lib/dpkg/status: what it lacks of NumPy and Pillow comes from Debian, as Debian has it that day.

    Raises `UsageError`, with the line of what is wrong in a file, `ModelError` for a model that does not run here,
    `DeployError` where the platform has no wheels, and `OutputError`.

    >>> made = make_bundle("bundles", platform=Platform("aarch64", "3.11", "glibc 2.36"), config="agent.toml")
    >>> made.manifest.runs
    ('watch', 'agent.toml')
    """
    if model is not None and config is not None:
        raise UsageError("an agent's file names its models itself", remedy="Leave the model out")
    check_names(devices)
    check_names([name] if name else [], "bundle")
    check_version(version)
    packed = pack_settings(Path(config)) if config is not None else _of_model(model)
    files = _contents(packed, signers or _own_signers(sign), progress)
    files |= missing_debs(packages, progress) if needs_debs(platform) else {}
    files |= _code(platform, {*extras, *packed.extras}, requirements, lock, progress)
    manifest = Manifest(
        name or _name(packed, config),
        int(time.strftime("%Y%m%d%H%M%S", time.gmtime())) if version is None else version,
        platform,
        tuple(entry_of(path, content) for path, content in files.items()),
        devices=tuple(devices),
        runs=() if config is None else ("watch", SETTINGS),
    )
    path = _path(Path(out), manifest)
    signature = _signature(manifest.to_bytes(), sign)
    write_bundle(path, manifest, files, signature, overwrite=overwrite)
    return Bundle(path, manifest, signed=bool(signature), secrets=packed.secrets)


def _signature(message: bytes, sign: str | os.PathLike[str] | Sign | None) -> bytes:
    if sign is None:
        return b""
    return sign(message) if callable(sign) else signing.sign(message, os.fspath(sign))


def _own_signers(sign: str | os.PathLike[str] | Sign | None) -> Path | None:
    """The keys that devices trust by the word of this desk; none where it does not know the key that signs."""
    return None if sign is None or callable(sign) else signing.signers_of(sign)


def _of_model(model: ModelLike | None) -> PackedSettings:
    """A model alone, or none, in which case a bundle is our code."""
    models = [] if model is None else [read_model(model)]
    paths = model_paths(models)
    packed = {paths[one.sha256]: one for one in models}
    return PackedSettings("", packed, frozenset(), {}, frozenset(extras_of_models(models)), {})


def _name(packed: PackedSettings, config: str | os.PathLike[str] | None) -> str:
    """What a bundle is called that nobody named: as its agent's file, or the model where that says nothing."""
    called = "agent" if config is None else Path(config).stem
    if called == "agent" and packed.models:
        called = Path(next(iter(packed.models))).stem
    return plain_name(called, "edgewright")


def _contents(packed: PackedSettings, signers: str | os.PathLike[str] | None, progress: Progress) -> dict[str, Content]:
    """What the agent is told, its models, and what they must answer on the device."""
    asked = {path: model for path, model in packed.models.items() if path not in packed.unasked}
    files: dict[str, Content] = {SETTINGS: packed.text.encode()} if packed.text else {}
    files |= packed.files
    files |= {path: model.data for path, model in packed.models.items()}
    files |= expectations(asked, progress)
    return files if signers is None else files | {ALLOWED_SIGNERS: _signers(Path(signers))}


def _signers(path: Path) -> bytes:
    """The keys that devices trust from then on."""
    if not (keys := read_trusted(path)):
        raise UsageError(f"{path}: there is no such file of keys")
    return trusted_text(keys).encode()


def _code(
    platform: Platform,
    extras: Iterable[str],
    requirements: Sequence[str],
    lock: str | os.PathLike[str] | None,
    progress: Progress,
) -> dict[str, Content]:
    """The program that installs, the lock, and the wheels in it."""
    own, there = own_wheel(), stubs() if needs_debs(platform) else ()
    wanted = sorted(extras)
    if lock is None:
        pins = resolve(own, wanted, platform, others=requirements, stubs=there, progress=progress)
    else:
        pins = tuple(pin for pin in read_lock(Path(lock)) if pin.name != own.name)
    fetched = fetch(pins, platform, progress)
    if lock is not None:
        check_lock(pins, fetched, own, wanted, platform, others=requirements, stubs=there, progress=progress)
    all_pins = (*pins, Pin(own.name, own.version, own.sha256))
    return {
        "device.pyz": device_program(),
        "lock.txt": lock_text(all_pins, platform).encode(),
        f"wheels/{own.file}": own.content,
        **{f"wheels/{path.name}": path for path in sorted(fetched.values(), key=lambda path: path.name)},
    }


def _path(out: Path, manifest: Manifest) -> Path:
    if out.suffix == SUFFIX and not out.is_dir():
        return out
    return out / f"{manifest.name}-{manifest.version}-{manifest.platform.machine}{SUFFIX}"
