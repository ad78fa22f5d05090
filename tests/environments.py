"""Environments of their own for packages that cannot live beside the others, made once and kept in the user's cache."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

# Taken when the tests are collected: each test has a home and cache of its own.
_ENVIRONMENT = dict(os.environ)
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
_ENVIRONMENTS = Path(os.environ.get("EDGEWRIGHT_TEST_ENVS") or _CACHE / "edgewright-test-envs")


def python_with(name: str, *requirements: str) -> Path:
    """The Python of an environment that has these packages."""
    home = _ENVIRONMENTS / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready, wanted = home.with_name(f"{home.name}.ready"), " ".join(requirements)
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_name(f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (ready.exists() and ready.read_text() == wanted):
            _run(sys.executable, "-m", "venv", "--clear", str(home))
            _run(str(python), "-m", "pip", "install", "--quiet", *requirements)
            ready.write_text(wanted)
    return python


def tools(*names: str) -> Path:
    """The folder, for EDGEWRIGHT_ENVIRONMENTS, with environments as `edgewright convert --setup NAME` makes them."""
    folder, command = _ENVIRONMENTS / "tools", Path(sys.executable).with_name("edgewright")
    for name in names:
        _run(str(command), "convert", "--setup", name, EDGEWRIGHT_ENVIRONMENTS=str(folder))
    return folder


def _run(*command: str, **added: str) -> None:
    done = subprocess.run(command, env=_ENVIRONMENT | added, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
