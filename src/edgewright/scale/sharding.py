"""One shard on this machine: a keeper for each worker, and the parts of the pieces that are not there yet."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

from edgewright.machine import Progress, silent
from edgewright.scale.deaths import Deaths
from edgewright.scale.entry import Entry
from edgewright.scale.keeper import TIMEOUT_S, Keeper, StoppedError
from edgewright.scale.manifest import Manifest
from edgewright.scale.parts import Parts, Shard
from edgewright.scale.presence import PROBES, refuse_missing
from edgewright.scale.rows.forms import encode
from edgewright.scale.rows.piece import Piece
from edgewright.scale.rows.row import Row
from edgewright.scale.work import Work

DEATHS = "deaths"
"""The folder in that of a run which says what workers died of."""

# Inputs that a worker gets at once, at most: what is left of a piece at its end is for all workers.
_CHUNK = 100
_CHUNKS_EACH = 4


def run_shard(
    manifest: Manifest,
    work: Work,
    shard: Shard = (0, 1),
    *,
    workers: int = 1,
    timeout: float = TIMEOUT_S,
    progress: Progress = silent,
) -> int:
    """Make the parts of a shard that are not there yet; how many inputs that were.

    `shard` is (number from 0, how many there are): its pieces are those whose numbers leave that rest. Several may be
    at work in one folder, also at the same shard. `progress` is told of inputs. Raises as `Keeper.do` does; what is
    done by then stays.
    """
    deaths = Deaths(manifest.folder / DEATHS)
    deaths.collect(timeout)
    parts = parts_of(manifest)
    parts.sweep()
    are_files = getattr(work.takes(), "suffixes", None) is not None
    share = _Share(manifest, parts, shard, workers, progress, are_files=are_files)

    def keep() -> None:
        with Keeper(work, deaths, timeout=timeout, stopped=share.is_stopped) as keeper:
            share.work(keeper)

    with ThreadPoolExecutor(workers, "edgewright-keeper") as pool:
        threads = [pool.submit(keep) for _ in range(workers)]
        try:
            wait(threads, return_when=FIRST_EXCEPTION)
        finally:
            share.stop()
    for thread in threads:
        thread.result()
    return share.done


def parts_of(manifest: Manifest) -> Parts:
    """The parts that belong to a manifest."""
    return Parts(Path(manifest.folder), manifest.pieces, manifest.form)


class _Chunk(NamedTuple):
    piece: Piece
    first: int
    entries: list[Entry]


class _Share:
    """The work of a shard, handed out to workers in chunks. What they share is guarded by one lock."""

    def __init__(
        self, manifest: Manifest, parts: Parts, shard: Shard, workers: int, progress: Progress, *, are_files: bool
    ) -> None:
        self.done = 0
        self._are_files = are_files
        self._manifest = manifest
        self._parts = parts
        self._workers = workers
        missing = list(parts.missing(shard))
        self._total = sum(map(manifest.length, missing))
        self._pieces = iter(missing)
        self._chunks: deque[_Chunk] = deque()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._progress = progress

    def stop(self) -> None:
        """Have all workers end as soon as they look."""
        self._stopped.set()

    def is_stopped(self) -> bool:
        """Whether they are to."""
        return self._stopped.is_set()

    def work(self, keeper: Keeper) -> None:
        """Do chunks until there are none."""
        try:
            while (chunk := self._next()) is not None:
                self._give(chunk, keeper.do(chunk.entries, chunk.first))
        except StoppedError:
            return

    def _next(self) -> _Chunk | None:
        with self._lock:
            while not self._chunks:
                number = next(self._pieces, None)
                if number is None or self.is_stopped():
                    return None
                if self._parts.is_done(number):  # by somebody else, meanwhile
                    self._total -= self._manifest.length(number)
                else:
                    self._chunks.extend(self._cut(number))
            return self._chunks.popleft()

    def _cut(self, number: int) -> Iterator[_Chunk]:
        entries, first = self._manifest.entries(number), self._manifest.first(number)
        if self._are_files:
            refuse_missing(entries, lambda: [entry for _, entry in self._manifest.spread(PROBES)])
        piece = Piece(number, len(entries))
        step = max(1, min(_CHUNK, len(entries) // (_CHUNKS_EACH * self._workers)))
        for place in range(0, len(entries), step):
            yield _Chunk(piece, first + place, entries[place : place + step])

    def _give(self, chunk: _Chunk, rows: list[Row]) -> None:
        with self._lock:
            chunk.piece.add(chunk.first, rows)
            whole = chunk.piece.is_whole()
        if whole:
            self._parts.write(chunk.piece.number, encode(chunk.piece.rows(), self._manifest.form))
        with self._lock:
            self.done += len(rows)
            self._progress("inputs", self.done, self._total)
