"""A Python on this machine that a tool runs on: this one, or another that is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from edgewright.convert.environments.tools import Tool, Version
from edgewright.errors import ConversionError

# The runtime is built for 64 bits; Debian has `venv` in a package of its own.
_PROBE = "import ensurepip, sys, venv; print(*sys.version_info[:2], sys.maxsize > 2**32)"
_PROBE_S = 30


def python_for(wanted: Tool) -> Path:
    """The best Python for it that can make environments.

    Raises `ConversionError` that says which ones would do.
    """
    for version in (*wanted.pythons, *wanted.tolerated):
        for candidate in _candidates(version):
            if _is(candidate, version):
                return candidate
    versions = " or ".join(map(_written, (*wanted.pythons, *wanted.tolerated)))
    raise ConversionError(
        f"{wanted.title} needs a Python {versions} of 64 bits with its module venv, and there is none on the path, in "
        "pyenv's or in uv's folder",
        remedy=f"Install Python {_written(wanted.pythons[0])}; on Debian and Ubuntu also its package python3-venv",
    )


def _candidates(version: Version) -> Iterator[Path]:
    """Where a Python of this version may be; this one before all."""
    if sys.version_info[:2] == version:
        yield Path(sys.executable)
    if found := shutil.which(f"python{_written(version)}"):
        yield Path(found)
    program = f"python{_written(version)}{'.exe' if os.name == 'nt' else ''}"
    for folder, pattern in _collections():
        yield from sorted(folder.glob(pattern.format(version=_written(version), program=program)), reverse=True)


def _collections() -> Sequence[tuple[Path, str]]:
    """Folders in which other programs keep Pythons, and where one of a version is in there."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv/python")
    return ((pyenv / "versions", "{version}.*/bin/{program}"), (uv, "cpython-{version}.*/bin/{program}"))


def _is(candidate: Path, version: Version) -> bool:
    """Whether it runs, is of this version and can make environments; a wrapper of another tool may not run."""
    try:
        asked = [str(candidate), "-I", "-c", _PROBE]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=_PROBE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.stdout.split() == [*map(str, version), "True"]


def _written(version: Version) -> str:
    return ".".join(map(str, version))
