"""A version laid down for devices that fetch it themselves: at the broker, or in a file for a web server."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from edgewright.agent import lay_down
from edgewright.bundle import Desired, Manifest, Offer, Signature, TrustedKey, open_bundle, verify
from edgewright.deploy.fleet.fleet_file import Fleet, FleetDevice
from edgewright.deploy.keyring import trusted_keys
from edgewright.errors import BundleError, SignatureError, UsageError
from edgewright.files import write_atomic


def wish_of(bundles: Sequence[Path], url: str, devices: Sequence[str] = ()) -> Desired:
    """The version of bundles, one for each platform, that lie at `url`: the address of one, or the folder of several.

    Raises `UsageError`, and `BundleError` for one that no device would take.
    """
    if not bundles:
        raise UsageError("no bundle is named. Make one with edgewright deploy --bundle")
    if len(bundles) > 1 and not url.endswith("/"):
        raise UsageError(f"{url}: several bundles lie in a folder, whose address ends with /")
    versions: set[int] = set()
    offers = []
    for path in bundles:
        version, offer = _offer(path, f"{url}{path.name}" if url.endswith("/") else url)
        versions.add(version)
        offers.append(offer)
    if len(versions) > 1:
        raise UsageError(f"the bundles are of versions {', '.join(map(str, sorted(versions)))}; release one")
    return Desired(versions.pop(), tuple(offers), tuple(devices))


def release(
    fleet: Fleet, bundles: Sequence[Path], url: str, *, canary: bool = False, to: Path | None = None
) -> tuple[FleetDevice, ...]:
    """Lay down a version for all devices of a fleet, or for the first of them alone, and return those that are meant.

    At the fleet's broker, or where `to` is named in that file, for a web server: there it replaces what was wanted.
    Raises `UsageError`, `BundleError`, `DeployError` and `OutputError`.
    """
    meant = fleet.first if canary else fleet.devices
    if to is not None:
        names = [device.name for device in meant] if canary else []
        write_atomic(to, wish_of(bundles, url, names).to_bytes(), overwrite=True)
        return meant
    wish = wish_of(bundles, url).to_bytes()
    lay_down(_broker(fleet), {device.name: wish for device in meant}, fleet.credentials)
    return meant


def withdraw(fleet: Fleet) -> None:
    """Take back what is laid down at the fleet's broker; devices that have the version keep it. Raises as `release`."""
    lay_down(_broker(fleet), {device.name: b"" for device in fleet.devices}, fleet.credentials)


def _broker(fleet: Fleet) -> str:
    if fleet.broker is None:
        raise UsageError(
            f'{fleet.path}: no broker is named. Write broker = "mqtts://…", or say where to write the file'
        )
    return fleet.broker


def _offer(path: Path, url: str) -> tuple[int, Offer]:
    with open_bundle(path, (), unsigned=True) as opened:
        manifest, signature = opened.manifest, opened.signature
    if not signature:
        raise BundleError(
            "it is not signed, and devices fetch nothing unsigned", where=str(path), remedy="Make it anew with --sign"
        )
    _check_signature(path, manifest, signature)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        platform = manifest.platform
        offer = Offer(url, digest, path.stat().st_size, platform.machine, platform.python)
    except ValueError as error:
        raise UsageError(f"{url}: {str(error).removeprefix('it has ')}") from None
    return manifest.version, offer


def _check_signature(path: Path, manifest: Manifest, signature: bytes) -> None:
    """Raise `SignatureError` unless a key that is trusted here made it; where none is, unless it holds by itself."""
    try:
        keys = trusted_keys() or (TrustedKey("signer", Signature.from_bytes(signature).key),)
        verify(manifest.to_bytes(), signature, keys)
    except SignatureError as error:
        raise SignatureError(
            error.message, where=str(path), remedy=error.remedy or "Make it anew with --sign"
        ) from None
