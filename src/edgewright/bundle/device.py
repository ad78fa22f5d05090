"""What this device is, and whether a bundle is for it."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import sys
from dataclasses import asdict
from typing import Any

from edgewright.bundle.manifest import Manifest, Platform
from edgewright.bundle.store import HIGHEST, Store
from edgewright.bundle.trusted import TrustedKey, read_trusted
from edgewright.errors import BundleError

DEVICE_FILE = "device.json"
"""In the root: what the device is called."""

# Kernels of 64 bits run Debians of 32 bits: what counts is Python's own.
_IN_32_BITS = {"aarch64": "armv7l", "armv8l": "armv7l", "x86_64": "i686"}
_VERSION = re.compile(r"(\D*) ?(\d+)\.(\d+)")


def this_platform() -> Platform:
    """Machine, Python and C library."""
    machine = os.uname().machine
    if sys.maxsize < 1 << 32:
        machine = _IN_32_BITS.get(machine, machine)
    libc, version = platform.libc_ver()
    return Platform(machine, ".".join(map(str, sys.version_info[:2])), f"{libc} {version}".strip() or "unknown")


def names_of(store: Store) -> tuple[str, ...]:
    """What the device and its groups are called."""
    found = (store.read(DEVICE_FILE) or {}).get("names")
    return tuple(name for name in found if isinstance(name, str)) if isinstance(found, list) else ()


def check_fits(manifest: Manifest, names: tuple[str, ...]) -> None:
    """Raise `BundleError` where a bundle is for other devices, or for another kind of device."""
    if manifest.devices and not {*manifest.devices} & {*names}:
        called = ", ".join(names) or "nothing yet"
        raise BundleError(
            f"it is for {', '.join(manifest.devices)}, and this device is called {called}",
            remedy="Deploy to the device that is meant, or name this one",
        )
    mine = this_platform()
    for what in ("machine", "python"):
        if getattr(manifest.platform, what) != getattr(mine, what):
            raise _for_another(what, manifest.platform, mine)
    if not _is_enough(mine.libc, manifest.platform.libc):
        raise _for_another("libc", manifest.platform, mine)


def ask(store: Store) -> dict[str, Any]:
    """All that a desk wants to know of the device before it makes a bundle, as plain values.

    `current`, `previous` and `versions` are labels, `highest` the highest version that ever was healthy (0 before the
    first); `keys`: how many are trusted; `free`: bytes; `verifies`: whether it knows `device.pyz verify`.
    """
    from edgewright.bundle.running.service import is_usable

    folder = next(path for path in (store.root, *store.root.parents) if path.exists())
    return {
        "names": list(names_of(store)),
        **asdict(this_platform()),
        "root": str(store.root),
        "current": store.pointed("current"),
        "previous": store.pointed("previous"),
        "versions": store.labels(),
        "highest": store.highest,
        "keys": len(_trusted(store)),
        "ssh_keygen": shutil.which("ssh-keygen") is not None,
        "systemd": is_usable(),
        "launcher": store.launcher() is not None,
        "verifies": True,
        "free": shutil.disk_usage(folder).free,
    }


def check_not_older(store: Store, manifest: Manifest, *, downgrade: bool) -> None:
    """Raise `BundleError` where a later version was healthy here, or another one of the same number."""
    version, digest = store.highest, (store.read(HIGHEST) or {}).get("digest")
    is_known = manifest.digest == digest or manifest.label in store.labels("healthy")
    if downgrade or manifest.version > version or (manifest.version == version and is_known):
        return
    if manifest.version < version:
        message = f"it is version {manifest.version}, and {version} was at work here"
    else:
        message = f"version {version} was at work here already, with other contents"
    raise BundleError(message, remedy=f"Deploy a later version than {version}, or allow a downgrade")


def _trusted(store: Store) -> tuple[TrustedKey, ...]:
    with contextlib.suppress(BundleError):
        return read_trusted(store.trusted)
    return ()


def _is_enough(mine: str, wanted: str) -> bool:
    """Whether a C library is of the same kind and no older; where one of them is unknown, the self-check shows it."""
    here, there = _VERSION.match(mine), _VERSION.match(wanted)
    if not here or not there:
        return True
    return here[1].strip() == there[1].strip() and (int(here[2]), int(here[3])) >= (int(there[2]), int(there[3]))


def _for_another(what: str, wanted: Platform, mine: Platform) -> BundleError:
    named = {"machine": "the machine", "python": "Python", "libc": "the C library"}[what]
    return BundleError(
        f"it is for another device: {named} is {getattr(wanted, what)} there and {getattr(mine, what)} here",
        remedy="Make the bundle for this device",
    )
