"""Start a process that runs a model once, and hear from it what took how long."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from edgewright.bench.results import ColdStart
from edgewright.errors import ChildCrashError, ChildTimeoutError

_CHILD = Path(__file__).with_name("first_result.py")
_LONGEST_S = 600
_LOG = 400  # characters of a failed child's log


def start_cold(
    model: Path, engine: str, threads: int, delegates: Sequence[str] = (), *, name: str | None = None
) -> ColdStart:
    """Run a model once in a fresh interpreter. `name` is what errors call it, that of its file by default.

    Raises `ChildCrashError` where the process dies or fails, and `ChildTimeoutError` after ten minutes.
    """
    # -P: the folder of the script is none to import from; it would hide other packages' modules behind this room's.
    called = name or model.name
    command = [sys.executable, "-P", str(_CHILD), str(model), engine, str(threads), *delegates]
    began = time.monotonic()
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="backslashreplace",
            timeout=_LONGEST_S,
            check=False,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        raise ChildTimeoutError(f"{called}: a first result took longer than {_LONGEST_S} s") from None
    if done.returncode:
        log = " ".join(done.stderr.split())[-_LOG:]
        raise ChildCrashError(f"{called}: the process that ran it once ended with {done.returncode}: {log}")
    return _read(done.stdout.splitlines()[-1], began)


def _environment() -> dict[str, str]:
    """Ours, with the same places to import from."""
    return dict(os.environ) | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}


def _read(line: str, began: float) -> ColdStart:
    """The child's clock is ours: `time.monotonic` counts from the start of the system."""
    told = json.loads(line)
    imports, read, opening, first = (later - earlier for earlier, later in pairwise([began, *told["moments"]]))
    return ColdStart(imports, read, opening, first, peak_bytes=told["peak"], base_bytes=told["base"])
