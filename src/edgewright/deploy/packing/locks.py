"""The lock: which wheels a bundle has, each by its version and its digest, written as pip reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edgewright.bundle import Platform
from edgewright.errors import UsageError

INSTALLER = "pip"
"""What installs the others travels with them and is not installed itself, so it stands behind a #."""

_LINE = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;\\]+)\s+--hash=sha256:(?P<sha256>[0-9a-f]{64})"
)
_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True)
class Pin:
    """One wheel: its project, its version, and the SHA-256 of the file in hexadecimal.

    `url`: where it lies, if that is known; no part of a lock.
    """

    name: str
    version: str
    sha256: str
    url: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _SEPARATORS.sub("-", self.name).lower())

    @property
    def line(self) -> str:
        """As a lock has it."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"

    @property
    def wanted(self) -> str:
        """As pip is asked for it: where it lies, so that it is not looked up again."""
        return f"{self.name} @ {self.url} --hash=sha256:{self.sha256}" if self.url else self.line


def lock_text(pins: Iterable[Pin], platform: Platform) -> str:
    """The file of these wheels, in the order of their names."""
    of = f"# Wheels for {platform.machine}, Python {platform.python}, {platform.libc}\n"
    lines = (f"# {pin.line}\n" if pin.name == INSTALLER else f"{pin.line}\n" for pin in _sorted(pins))
    return of + "".join(lines)


def _sorted(pins: Iterable[Pin]) -> list[Pin]:
    return sorted(pins, key=lambda pin: pin.name)


def read_lock(path: Path) -> tuple[Pin, ...]:
    """The wheels that a file names.

    Raises `UsageError` with the line of what is no such thing: a lock has the digest of one wheel for each.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: the lock cannot be read: {getattr(error, 'strerror', 'no text in UTF-8')}") from None
    pins = tuple(_read_lines(path, text))
    if twice := sorted({pin.name for pin in pins if sum(other.name == pin.name for other in pins) > 1}):
        raise UsageError(f"{path}: {', '.join(twice)} is there twice")
    return pins


def _read_lines(path: Path, text: str) -> Iterator[Pin]:
    for number, line in enumerate(text.replace("\\\n", " ").splitlines(), 1):
        bare = line.removeprefix("# " if line.startswith(f"# {INSTALLER}==") else "").partition(" #")[0].strip()
        if not bare or bare.startswith("#"):
            continue
        match = _LINE.fullmatch(bare)
        if match is None:
            raise UsageError(
                f"{path}, line {number}: {bare[:80]}: no wheel with its digest. Take lock.txt from a bundle, whose "
                "lines are like click==8.1.8 --hash=sha256:…"
            )
        yield Pin(match["name"], match["version"], match["sha256"])
