"""The device's own installer, started so that it outlives the agent that it replaces."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from edgewright.agent.credentials import without_secrets

# What the installer needs beside what is harmless: the user's service manager.
_SERVICE = ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DBUS_SESSION_BUS_ADDRESS", "EDGEWRIGHT_ROOT", "EDGEWRIGHT_ALONE")
# Libraries that the version at work brought are not those of the system's Python.
_OF_VERSION = frozenset({"LD_LIBRARY_PATH", "VIRTUAL_ENV", "PYTHONHOME"})

# Errors of another installation that is at work, and of a disk that is full: the bundle is as good as before.
_PASSING, _FULL = frozenset({"DeployError", "OutputError"}), "OutputError"

_TAIL_BYTES = 4_096


class Installer:
    """`device.pyz install` of one bundle. It verifies the signature: none, or one of a stranger, is refused there."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._said = root / "incoming" / "installed.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, bundle: Path) -> int:
        """Begin; the number of its process. Raises `OSError`."""
        program = [_python(), str(self._root / "device.pyz"), "--root", str(self._root), "install", str(bundle)]
        environment = {key: os.environ[key] for key in _SERVICE if key in os.environ}
        environment |= {key: said for key, said in without_secrets(os.environ).items() if key not in _OF_VERSION}
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                program, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
                cwd=self._root, env=environment, start_new_session=True,
            )  # fmt: skip
        return self._process.pid

    @property
    def code(self) -> int | None:
        """How it ended; None while it is at work."""
        return None if self._process is None else self._process.poll()

    @property
    def why(self) -> str:
        """What it said last: its error, or the last line."""
        said = self._last()
        return next((str(said[key]) for key in ("error", "why") if said.get(key)), "it said nothing")[:500]

    @property
    def passes(self) -> bool:
        """Whether it failed for a reason that says nothing against the bundle, and can pass."""
        return self._last().get("kind") in _PASSING

    @property
    def wants_room(self) -> bool:
        """Whether it failed for want of room."""
        return self._last().get("kind") == _FULL

    def _last(self) -> dict[str, Any]:
        with contextlib.suppress(OSError):
            lines = self._said.read_bytes()[-_TAIL_BYTES:].decode("utf-8", "replace").strip().splitlines()
            return _document(lines[-1]) if lines else {}
        return {}


def _document(line: str) -> dict[str, Any]:
    """A line as the JSON object that it is, or else as a reason."""
    with contextlib.suppress(ValueError, RecursionError):
        value = json.loads(line)
        if isinstance(value, dict):
            return value
    return {"why": line}


def _python() -> str:
    """The Python outside of the version's own environment, which may be removed while the installer works."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)
