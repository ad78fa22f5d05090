"""Sorting more names than fit into memory: sorted runs in temporary files, which are then merged."""

from __future__ import annotations

import heapq
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from edgewright.errors import OutputError

RUN = 100_000
"""Names that are sorted in memory at once: about 20 MB."""

# Files that are open at a time; each thousand-fold of runs is merged once more.
_OPEN_AT_ONCE = 64


def sorted_names(
    names: Iterable[str], separator: str = os.sep, *, scratch: Path | None = None, run: int = RUN
) -> Iterator[str]:
    """The names in the order of their paths, part by part, as `sorted` has `Path`s; at most `run` are in memory.

    Where there are more, they go through a temporary folder in `scratch` or the system's, which is gone once the last
    one was taken. Raises `OutputError` where nothing can be written there.
    """

    def key(name: str) -> str:
        return name.replace(separator, "\0")

    waiting = iter(names)
    first = sorted(islice(waiting, run), key=key)
    if len(first) < run:
        yield from first
        return
    with tempfile.TemporaryDirectory(prefix="edgewright-sorting-", dir=scratch) as folder:
        runs = _Runs(Path(folder), key)
        while first:
            runs.add(first)
            first = sorted(islice(waiting, run), key=key)
        yield from runs.merged()


class _Runs:
    """Sorted runs, each a file of names as JSON, one a line."""

    def __init__(self, folder: Path, key: Callable[[str], str]) -> None:
        self._folder = folder
        self._key = key
        self._levels: list[list[Path]] = [[]]
        self._made = 0

    def add(self, names: Iterable[str]) -> None:
        self._put(self._written(names), 0)

    def merged(self) -> Iterator[str]:
        """All names in their order."""
        for level in range(len(self._levels)):
            if level + 1 < len(self._levels) and self._levels[level]:
                self._put(self._merge(self._levels[level]), level + 1)
                self._levels[level] = []
        yield from self._names(self._levels[-1])

    def _put(self, run: Path, level: int) -> None:
        """Keep a run; as many as may be open at once become one of the next level."""
        if level == len(self._levels):
            self._levels.append([])
        self._levels[level].append(run)
        if len(self._levels[level]) == _OPEN_AT_ONCE:
            full, self._levels[level] = self._levels[level], []
            self._put(self._merge(full), level + 1)

    def _merge(self, runs: list[Path]) -> Path:
        merged = self._written(self._names(runs))
        for run in runs:
            run.unlink()
        return merged

    def _written(self, names: Iterable[str]) -> Path:
        self._made += 1
        path = self._folder / f"{self._made}"
        try:
            with path.open("w", encoding="ascii") as file:
                file.writelines(f"{json.dumps(name)}\n" for name in names)
        except OSError as problem:
            raise OutputError(f"{self._folder}: names cannot be sorted there: {problem.strerror}") from None
        return path

    def _names(self, runs: list[Path]) -> Iterator[str]:
        with ExitStack() as stack:
            files = [stack.enter_context(run.open(encoding="ascii")) for run in runs]
            yield from heapq.merge(*(map(json.loads, file) for file in files), key=self._key)
