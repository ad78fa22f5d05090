"""The actor of a crew: it keeps the files that it was sent, and calls functions of Edgewright on them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from edgewright import __version__
from edgewright.machine import answered, describe


def here() -> tuple[str, str]:
    """The version of Edgewright on this machine, and its processor."""
    machine = describe()
    return __version__, " ".join(filter(None, (machine.cpu, machine.architecture)))


class Sent(NamedTuple):
    """A file: its SHA-256, and a reference to its bytes in Ray."""

    sha256: str
    reference: Any


class Worker:
    """What runs on a worker's machine; `folder` is where its files lie, by default the machine's for temporary ones."""

    def __init__(self, folder: str | None) -> None:
        self._parent = folder
        self._folder = Path()

    def start(self) -> tuple[str, str]:
        """Be ready; the version that is here, and the processor."""
        self._folder = Path(tempfile.mkdtemp(prefix="edgewright-", dir=self._parent))
        return here()

    def do(self, function: str, arguments: Mapping[str, Any], files: Mapping[str, Sent]) -> dict[str, Any]:
        """Call a function as a place does, and return what is answered: {"result": …} or {"error": …, "text": …}."""
        return answered(function, arguments, {name: self._path(sent) for name, sent in files.items()})

    def close(self) -> None:
        """Remove the files."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, sent: Sent) -> Path:
        import ray

        path = self._folder / sent.sha256
        if not path.exists():
            path.write_bytes(ray.get(sent.reference))
        return path
