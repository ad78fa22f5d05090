"""What tells an agent from every other one, kept in its state folder; host names are the same on many devices."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from pathlib import Path
from typing import Protocol, runtime_checkable

from edgewright.files import NO_LINK

_BYTES = 6
_PATTERN = re.compile(rf"[0-9a-f]{{{2 * _BYTES}}}")


class Identity:
    """Random text, made once and the same at each start; without a `path` for as long as the program runs.

    Where it cannot be kept, it is another one at the next start.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.text = self._kept() or self.renew()

    def renew(self) -> str:
        """Become another one, since somebody else has it too."""
        self.text = secrets.token_hex(_BYTES)
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._keep(self._path)
        return self.text

    def _kept(self) -> str | None:
        if self._path is None:
            return None
        try:
            text = self._path.read_text("ascii").strip() if not self._path.is_symlink() else ""
        except (OSError, UnicodeDecodeError):
            return None
        return text if _PATTERN.fullmatch(text) else None

    def _keep(self, path: Path) -> None:
        fresh = path.with_name(f".{path.name}")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{self.text}\n")
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)


@runtime_checkable
class Identified(Protocol):
    """A sink that says at the other side who it is: before it sends it is told so once."""

    def identify(self, identity: Identity) -> None:
        """Be this one from now on."""
