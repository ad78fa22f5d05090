"""A place of work that is this machine, asked as one elsewhere is."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from edgewright.errors import ChildCrashError
from edgewright.machine import Files, Progress, silent
from edgewright.machine.elsewhere.dialogue import heard, lines_of, request

_LOG = 400


class Here:
    """A process of its own on this machine, asked as one elsewhere is."""

    name = "this machine"

    def call(self, function: str, arguments: Mapping[str, Any], files: Files, progress: Progress = silent) -> Any:
        """Call it in a fresh process; raises `ChildCrashError` where that dies."""
        with tempfile.TemporaryDirectory(prefix="edgewright-") as folder:
            paths = {name: _path(file, Path(folder, str(number))) for number, (name, file) in enumerate(files.items())}
            return heard(_answers(request(function, arguments, paths)), self.name, progress)


def _path(file: Path | bytes, fresh: Path) -> str:
    if isinstance(file, Path):
        return str(file.absolute())
    fresh.write_bytes(file)
    return str(fresh)


def _answers(asked: bytes) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, "-m", "edgewright.machine.elsewhere.answering"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log) as process:
            if process.stdin is not None and process.stdout is not None:
                process.stdin.write(asked)
                process.stdin.close()
                yield from lines_of(process.stdout)
        if process.returncode:
            log.seek(0)
            said = " ".join(log.read().decode(errors="replace").split())[-_LOG:]
            raise ChildCrashError(f"the process that was asked ended with {process.returncode}: {said}")
