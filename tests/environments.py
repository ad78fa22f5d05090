"""Environments of their own for packages that cannot live beside the others, made once and kept in the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Taken when the tests are collected: each test has a home and cache of its own.
_ENVIRONMENT = dict(os.environ)
_OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
_PROJECT = Path(__file__).parents[1] / "pyproject.toml"
_PYENV = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
# Versions that have to be here: a missing one of them fails where others are skipped.
_NEEDED = os.environ.get("EDGEWRIGHT_PYTHONS", "").replace(",", " ").split()
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
_ENVIRONMENTS = Path(os.environ.get("EDGEWRIGHT_TEST_ENVS") or _CACHE / "edgewright-test-envs")


def python_of(version: str) -> Path:
    """An interpreter of this version that can make environments; the test is skipped, or fails, without one."""
    on_the_path = shutil.which(f"python{version}", path=_ENVIRONMENT["PATH"])
    others = sorted(_PYENV.glob(f"{version}.*/bin/python"))
    for candidate in filter(None, (*others, on_the_path)):
        asked = [str(candidate), "-c", "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"]
        if subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == version:
            return Path(candidate)
    reason = f"Python {version} is not installed here (looked for python{version}, and in {_PYENV})"
    if version in _NEEDED:
        pytest.fail(f"{reason}, and EDGEWRIGHT_PYTHONS asks for it")
    pytest.skip(reason)


def python_with(name: str, *requirements: str, version: str = _OWN, index: str = "") -> Path:
    """The Python of an environment that has these packages; `index` is one to look into beside pip's."""
    home = _ENVIRONMENTS / f"{name}-{version}"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready, wanted = home.with_name(f"{home.name}.ready"), " ".join(requirements)
    if "--editable" in requirements:  # What the project itself requires may change.
        wanted += f" {hashlib.sha256(_PROJECT.read_bytes()).hexdigest()}"
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_name(f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (ready.exists() and ready.read_text() == wanted):
            base = sys.executable if version == _OWN else str(python_of(version))
            _run(base, "-m", "venv", "--clear", str(home))
            beside = ("--extra-index-url", index) if index else ()
            _run(str(python), "-m", "pip", "install", "--quiet", *beside, *requirements)
            ready.write_text(wanted)
    return python


def tools(*names: str) -> Path:
    """The folder, for EDGEWRIGHT_ENVIRONMENTS, with environments as `edgewright convert --setup NAME` makes them."""
    folder = _ENVIRONMENTS / "tools"
    for name in names:
        _run(sys.executable, "-m", "edgewright", "convert", "--setup", name, EDGEWRIGHT_ENVIRONMENTS=str(folder))
    return folder


def _run(*command: str, **added: str) -> None:
    done = subprocess.run(command, env=_ENVIRONMENT | added, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
