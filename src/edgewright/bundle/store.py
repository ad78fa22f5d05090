"""The folder on a device in which versions lie side by side: its names, and changes that happen whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewright.bundle.manifest import Manifest
from edgewright.bundle.trusted import ALLOWED_SIGNERS
from edgewright.documents import parse_json
from edgewright.errors import BundleError, DeployError, OutputError
from edgewright.files import write_atomic

DEFAULT_ROOT = "edgewright"
"""In the home of whoever deploys."""

HIGHEST = "highest.json"
"""In the root: the highest version that ever was healthy, and its digest."""

_LABEL = re.compile(r"([0-9]+)-[0-9a-f]{12}")
_MOST_BYTES = 1 << 20
# Whoever looks whether a lock is held holds it for a moment.
_TRIES, _AGAIN_S = 20, 0.1
_HOUR_S, _DAY_S = 3600.0, 86_400.0


@dataclass(frozen=True)
class Store:
    """What a device has under one folder: versions side by side, which one is current, and what all of them share."""

    root: Path

    def make(self) -> None:
        """Make the folders; raises `OutputError` where that fails."""
        try:
            for folder in (self.root, self.versions, self.incoming, self.state):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            sync_folder(self.root)
        except OSError as error:
            raise refused(self.root, error) from None

    @property
    def versions(self) -> Path:
        """The folder with a folder for each version."""
        return self.root / "versions"

    @property
    def incoming(self) -> Path:
        """The folder that uploads go to."""
        return self.root / "incoming"

    @property
    def state(self) -> Path:
        """What the agent keeps, of whatever version it is."""
        return self.root / "state"

    @property
    def program(self) -> Path:
        """The installer and launcher."""
        return self.root / "device.pyz"

    @property
    def trusted(self) -> Path:
        """The keys whose signatures count, in OpenSSH's format; there may be no such file."""
        return self.root / ALLOWED_SIGNERS

    def folder(self, label: str) -> Path:
        """Where a version lies."""
        return self.versions / label

    def python(self, label: str) -> Path:
        """The Python that runs a version."""
        return self.folder(label) / "venv" / "bin" / "python"

    def manifest(self, label: str) -> Manifest:
        """What a version says of itself; raises `BundleError` where it is not whole."""
        try:
            return Manifest.from_bytes((self.folder(label) / "manifest.json").read_bytes())
        except OSError as error:
            raise BundleError(f"its manifest cannot be read: {error.strerror}", where=label) from None

    def labels(self, mark: str = "complete") -> list[str]:
        """The versions that have a mark, oldest first."""
        found = self.versions.iterdir() if self.versions.is_dir() else ()
        return sorted((path.name for path in found if number(path.name) and (path / mark).exists()), key=number)

    @property
    def highest(self) -> int:
        """The highest version that ever was healthy, 0 before the first: as it is noted, and as versions here show."""
        noted = (self.read(HIGHEST) or {}).get("version")
        known = [noted] if isinstance(noted, int) and not isinstance(noted, bool) else []
        return max([0, *known, *map(number, self.labels("healthy"))])

    def mark(self, label: str, mark: str) -> None:
        """Set a mark, "complete" or "healthy", in a version."""
        write(self.folder(label) / mark, b"")

    def unmark(self, label: str, mark: str) -> None:
        """Take a mark away."""
        (self.folder(label) / mark).unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            sync_folder(self.folder(label))

    def pointed(self, name: str) -> str | None:
        """The version that "current" or "previous" names, None where there is none."""
        try:
            label = (self.root / name).readlink().name
        except OSError:
            return None
        return label if number(label) and (self.folder(label) / "complete").exists() else None

    def point(self, name: str, label: str | None) -> None:
        """Let "current" or "previous" name a version from now on, by one rename; None: no version."""
        link, fresh = self.root / name, self.root / f".{name}.fresh"
        try:
            if label is None:
                link.unlink(missing_ok=True)
            else:
                fresh.unlink(missing_ok=True)
                fresh.symlink_to(f"versions/{label}")
                fresh.replace(link)
            sync_folder(self.root)
        except OSError as error:
            raise refused(link, error) from None

    def read(self, name: str) -> dict[str, Any] | None:
        """A JSON document of the folder, None where it is not there, or is none."""
        try:
            with (self.root / name).open("rb") as file:
                value = parse_json(file.read(_MOST_BYTES + 1), most_bytes=_MOST_BYTES)
        except (OSError, ValueError):
            return None
        return value if isinstance(value, dict) else None

    def write(self, name: str, value: Mapping[str, Any]) -> None:
        """Write one, whole or not at all."""
        write(self.root / name, json.dumps(value).encode() + b"\n")

    def remove(self, name: str) -> None:
        """Remove a file of the folder for good."""
        (self.root / name).unlink(missing_ok=True)
        sync_folder(self.root)

    @contextlib.contextmanager
    def locked(self, name: str, busy: str, tries: int = 1, *, looks: bool = False) -> Iterator[None]:
        """Hold the lock "install" or "launcher"; raises `DeployError` with the text `busy` where another has it.

        `looks`: only to see whether it is held, beside others who look.
        """
        try:
            descriptor = os.open(self.root / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise refused(self.root / f"{name}.lock", error) from None
        try:
            if not _lock(descriptor, fcntl.LOCK_SH if looks else fcntl.LOCK_EX, tries):
                raise DeployError(busy, where=str(self.root))
            yield
        finally:
            os.close(descriptor)

    def is_locked(self, name: str) -> bool:
        """Whether somebody holds a lock."""
        try:
            with self.locked(name, "", looks=True):
                return False
        except DeployError:
            return True

    def launcher(self) -> int | None:
        """The process number of the launcher that is at work, None without one."""
        if not (self.root / "launcher.lock").exists() or not self.is_locked("launcher"):
            return None
        for _ in range(_TRIES):
            with contextlib.suppress(OSError, ValueError):
                return int((self.root / "launcher.pid").read_text("ascii"))
            time.sleep(_AGAIN_S)
        return None

    def discard(self, label: str) -> None:
        """Remove a version, so that no part of it can be taken for the whole."""
        self.unmark(label, "complete")
        shutil.rmtree(self.folder(label), ignore_errors=True)

    def tidy(self, keep: Path | None = None) -> None:
        """Remove what was cut short: versions that are not complete, files that never got a name; links among them.

        What lies in `incoming` for over a day is an upload that nobody came back for, but for the bundle `keep`.
        """
        complete = {*self.labels(), self.pointed("current")}
        for path in self.versions.iterdir():
            if path.is_symlink() or not path.is_dir():
                path.unlink(missing_ok=True)
            elif path.name not in complete:
                shutil.rmtree(path, ignore_errors=True)
        for path in self.root.glob(".edgewright-*.tmp"):
            _remove_old(path, _HOUR_S)  # the agent writes here too
        for path in self.incoming.iterdir():
            if keep is None or path.name != keep.name:
                _remove_old(path, _DAY_S)


def _remove_old(path: Path, age_s: float) -> None:
    """Remove a file that nobody has written to for so long; a clock that went back makes none old."""
    with contextlib.suppress(OSError):
        if path.lstat().st_mtime < time.time() - age_s:
            path.unlink()


def number(label: str) -> int:
    """The version that a label begins with, 0 where it is no label."""
    match = _LABEL.fullmatch(label)
    return int(match[1]) if match else 0


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, in place of what had its name; it has reached the disk, its name too."""
    write_atomic(path, data, overwrite=True)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder have reached the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def refused(path: Path, error: OSError) -> OutputError:
    """What the system says, as one of our errors."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError("the disk is full, nothing was changed", where=str(path), remedy="Free some space")
    return OutputError(f"cannot be changed: {error.strerror or error}", where=str(path), remedy="Whose folder is it?")


def _lock(descriptor: int, kind: int, tries: int) -> bool:
    for left in range(tries - 1, -1, -1):
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return True
        if left:
            time.sleep(_AGAIN_S)
    return False
