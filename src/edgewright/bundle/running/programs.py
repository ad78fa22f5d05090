"""How the programs that a version brought are run: with its own Python, in its own folder."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from typing import Any

from edgewright.bundle.store import Store

# What a version has to bring is found by its name: these are other programs than the one that runs.
_PACKAGE = "edgewright"
CHECKING, RETURNING = f"{_PACKAGE}.deploy.checking", f"{_PACKAGE}.agent.delivery.returning"

_WAITING_S = 60.0

SYSTEM = "system"
"""The folder of a version that packages of its Debian are unpacked to."""


def command(store: Store, label: str, *words: str) -> list[str]:
    """`edgewright` of a version, with these words behind it."""
    return [str(store.python(label)), "-m", _PACKAGE, *words]


def environment(store: Store, label: str) -> dict[str, str]:
    """What a version's programs find in their environment."""
    folder = store.folder(label)
    found = {**os.environ, "EDGEWRIGHT_ROOT": str(store.root), "EDGEWRIGHT_VERSION": label}
    found.pop("NOTIFY_SOCKET", None)
    if libraries := sorted({str(path.parent) for path in (folder / SYSTEM).rglob("*.so*")}):
        found["LD_LIBRARY_PATH"] = ":".join(filter(None, (*libraries, found.get("LD_LIBRARY_PATH"))))
    return found


def ask_program(
    store: Store, label: str, module: str, *words: str, within_s: float, waiting: Callable[[], None] = lambda: None
) -> tuple[dict[str, Any], str]:
    """Run a module of a version: what it says, its last line of standard output as JSON; and what went wrong, or "".

    `waiting` is called at the beginning and every minute, as long as it is waited for.
    """
    try:
        process = subprocess.Popen(
            [str(store.python(label)), "-m", module, *words],
            cwd=store.folder(label),
            env=environment(store, label),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        return {}, f"it cannot be run: {error.strerror}"
    with process:
        try:
            output, complaints = _outcome(process, within_s, waiting)
        except subprocess.TimeoutExpired:
            return {}, f"it did not end within {within_s:.0f} s"
        finally:
            process.kill()
    if process.returncode:
        return {}, last_line(complaints) or ending(process.returncode)
    return _said(output), ""


def _outcome(process: subprocess.Popen[bytes], within_s: float, waiting: Callable[[], None]) -> tuple[bytes, bytes]:
    """All that it prints until its end; raises `TimeoutExpired`."""
    end = time.monotonic() + within_s
    while True:
        waiting()
        left = end - time.monotonic()
        try:
            return process.communicate(timeout=max(0.0, min(left, _WAITING_S)))
        except subprocess.TimeoutExpired:
            if left <= _WAITING_S:
                raise


def last_line(output: bytes) -> str:
    """The last line of what a program printed that says something; of a traceback, the error."""
    lines = [line.strip() for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    return "".join(char if char.isprintable() else " " for char in lines[-1])[:500] if lines else ""


def ending(code: int) -> str:
    """How a process ended, in words."""
    return f"it was ended by signal {-code}" if code < 0 else f"it ended with exit code {code}"


def _said(output: bytes) -> dict[str, Any]:
    try:
        value = json.loads(output.splitlines()[-1])
    except (IndexError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
