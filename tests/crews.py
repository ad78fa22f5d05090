"""A crew of one, for tests: what it is asked for is done in this process, on copies, as workers elsewhere do it."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from edgewright.machine import Files, Progress, answered, heard, silent


class Alone:
    """Keeps its files in `folder`; `asked` are the functions that it was asked for."""

    name = "alone"
    size = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.asked: list[str] = []

    def call_each(
        self, function: str, each: Iterable[Mapping[str, Any]], files: Files, progress: Progress = silent
    ) -> Iterator[Any]:
        paths = {name: self._written(file) for name, file in files.items()}
        for arguments in each:
            self.asked.append(function)
            sent = pickle.loads(pickle.dumps(arguments))
            yield heard([pickle.loads(pickle.dumps(answered(function, sent, paths)))], self.name, progress)

    def _written(self, file: Path | bytes) -> Path:
        data = file if isinstance(file, bytes) else file.read_bytes()
        path = self._folder / hashlib.sha256(data).hexdigest()
        path.write_bytes(data)
        return path
