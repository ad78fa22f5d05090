"""An environment of its own for MediaPipe, which cannot live beside the other packages."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

# The last version whose metadata writers run: the wheels from 0.10.30 on lack a library that they import.
MEDIAPIPE = "mediapipe==0.10.21"

# Taken when the tests are collected: each test has a home and cache of its own.
_ENVIRONMENT = dict(os.environ)
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
_ENVIRONMENTS = Path(os.environ.get("EDGEWRIGHT_TEST_ENVS") or _CACHE / "edgewright-test-envs")


@pytest.fixture(scope="session")
def mediapipe_python() -> Path:
    """The Python of an environment that has MediaPipe; it is made once and kept in the user's cache.

    MediaPipe itself needs the system's libegl1, libgles2, libgl1 and libglib2.0-0 (names as in Debian).
    """
    if sys.version_info >= (3, 13):
        pytest.skip(f"{MEDIAPIPE} is not published for this Python")
    home = _ENVIRONMENTS / f"mediapipe-{sys.version_info.major}.{sys.version_info.minor}"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = home.with_name(f"{home.name}.ready")
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_name(f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (ready.exists() and ready.read_text() == MEDIAPIPE):
            _run(sys.executable, "-m", "venv", "--clear", str(home))
            _run(str(python), "-m", "pip", "install", "--quiet", MEDIAPIPE)
            ready.write_text(MEDIAPIPE)
    return python


def _run(*command: str) -> None:
    done = subprocess.run(command, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
