"""What makes a version run: its Python environment, from nothing but the bundle, and the check that it works here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from edgewright.bundle.running.programs import CHECKING, SYSTEM, ask_program, environment, last_line
from edgewright.bundle.store import Store
from edgewright.errors import BundleError, OutputError

_MINUTES, _NO_ROOM = 60.0, 1 << 20
# A small computer with a slow card takes long to unpack a runtime, and to open its models.
_VENV_S, _PIP_S, _CHECK_S = 10 * _MINUTES, 30 * _MINUTES, 10 * _MINUTES


def make_environment(store: Store, label: str) -> None:
    """Make the folder `venv` of a version, without a network.

    Raises `BundleError` with what went wrong, and `OutputError` where the disk is full.
    """
    folder = store.folder(label)
    packages = sorted((folder / "debs").glob("*.deb"))
    locked = folder / "lock.txt"
    pip = next((folder / "wheels").glob("pip-*.whl"), None)
    has_own = locked.is_file() and pip is None
    options = [
        "--clear",
        *([] if has_own else ["--without-pip"]),
        *(["--system-site-packages"] if _shares(store, label) else []),
    ]
    _do(store, label, [sys.executable, "-m", "venv", *options, "venv"], "a Python environment cannot be made", _VENV_S)
    for package in packages:
        _do(store, label, ["dpkg-deb", "-x", str(package), SYSTEM], f"{package.name} cannot be unpacked", _VENV_S)
    if packages:
        _see_packages(folder)
    if locked.is_file():
        words = [str(store.python(label)), *([f"{pip}/pip"] if pip else ["-m", "pip"]), *_INSTALL]
        _do(store, label, words, "what it needs cannot be installed", _PIP_S)


_INSTALL = (
    "install", "--no-index", "--find-links", "wheels", "--require-hashes", "--no-deps", "--no-compile", "--quiet",
    "--disable-pip-version-check", "--no-input", "--no-cache-dir", "-r", "lock.txt",
)  # fmt: skip


def check_itself(store: Store, label: str) -> None:
    """Let a version open its models and compare what they say with what they said at the desk; `BundleError` if not."""
    if not any((store.folder(label) / name).is_file() for name in ("check.json", "agent.toml")):
        return
    _, trouble = ask_program(store, label, CHECKING, str(store.folder(label)), within_s=_CHECK_S)
    if trouble:
        raise BundleError(f"it does not work on this device: {trouble}", where=label)


def _shares(store: Store, label: str) -> bool:
    """Whether NumPy and Pillow are those of the device's Debian, unpacked or installed: there are no wheels of them."""
    return store.manifest(label).platform.machine in ("armv7l", "armv8l")


def _see_packages(folder: Path) -> None:
    """Let the environment find what was unpacked of a Debian's packages."""
    for place in sorted((folder / SYSTEM).glob("usr/lib/python3*/dist-packages")):
        for site in (folder / "venv" / "lib").glob("python3*/site-packages"):
            (site / "edgewright-system.pth").write_text(f"{place}\n")


def _do(store: Store, label: str, words: Sequence[str], what: str, within_s: float) -> None:
    try:
        done = subprocess.run(
            words,
            cwd=store.folder(label),
            env={**environment(store, label), "PIP_CONFIG_FILE": "/dev/null"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BundleError(f"{what}: it did not end within {within_s:.0f} s", where=label) from None
    except OSError as error:
        raise BundleError(f"{what}: {words[0]}: {error.strerror}", where=label) from None
    if done.returncode:
        raise _failed(label, what, done.stdout, shutil.disk_usage(store.root).free)


def _failed(label: str, what: str, output: bytes, free: int) -> BundleError | OutputError:
    if b"No space left" in output or free < _NO_ROOM:
        return OutputError("the disk is full, nothing was changed", where=label, remedy="Free some space")
    remedy = "Run: sudo apt install python3-venv" if b"ensurepip" in output else ""
    return BundleError(f"{what}: {last_line(output) or 'no reason was given'}", where=label, remedy=remedy)
