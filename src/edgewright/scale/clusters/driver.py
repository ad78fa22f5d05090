"""A run on Ray: keepers on its machines are given pieces of the inputs, and their rows are written here."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from edgewright.machine import Progress, heard, silent
from edgewright.scale.clusters.keeping import RayKeeper
from edgewright.scale.clusters.pool import Newcomer, Outcome, Pool, how_it_died
from edgewright.scale.clusters.sample import Sample
from edgewright.scale.clusters.session import Session, opened
from edgewright.scale.clusters.worker import here
from edgewright.scale.deaths import MOST, Deaths
from edgewright.scale.keeper import TIMEOUT_S
from edgewright.scale.manifest import Manifest
from edgewright.scale.presence import PROBES
from edgewright.scale.rows.forms import encode
from edgewright.scale.rows.piece import Piece
from edgewright.scale.rows.row import Row, from_bytes, row_left_out
from edgewright.scale.sharding import DEATHS, parts_of
from edgewright.scale.work import Work

Notice = Callable[[str], object]

# Near the end of a run all workers shall have something to do: what is left is cut so that each gets so many shares.
_SHARES = 8


def run_on_ray(
    manifest: Manifest,
    work: Work,
    address: str | None = None,
    *,
    workers: int | None = None,
    timeout: float = TIMEOUT_S,
    progress: Progress = silent,
    notice: Notice = lambda _: None,
) -> int:
    """Make all parts that are not there yet, by keepers on the Ray at `address`; how many inputs that were.

    `address` as `RayCrew.open` has it: None starts a Ray here. Before the first piece of a kind of processor a sample
    is answered by it and here, and `notice` is told the difference. Raises as `RayCrew.open` and `Keeper.do` do; what
    is done by then stays.
    """
    parts, deaths = parts_of(manifest), Deaths(manifest.folder / DEATHS)
    missing = list(parts.missing())
    if not missing:
        return 0
    parts.sweep()
    deaths.collect(timeout)
    try:
        with opened(address, workers, progress) as session:
            run = _Run(manifest, work, missing, session, timeout)
            try:
                return run.finish(progress, notice)
            finally:
                run.pool.close()
    finally:
        deaths.discard()  # of actors that were at work when all was ended


class _Job(NamedTuple):
    """The inputs `first` to `end` of a piece, and how actors ended that died of them."""

    piece: int
    first: int
    end: int
    deaths: tuple[str, ...] = ()


@dataclass
class _Run:
    """A run on its way."""

    manifest: Manifest
    work: Work
    missing: list[int]
    session: Session
    timeout: float
    done: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    again: deque[_Job] = field(default_factory=deque)
    pieces: dict[int, Piece] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sample = Sample(self.manifest, self.work, self.timeout)
        self.total = sum(map(self.manifest.length, self.missing))
        self.pool: Pool[_Job] = Pool(self.session, self._actor(), self.session.cores)
        self.coming = self._jobs()

    def finish(self, progress: Progress, notice: Notice) -> int:
        """Give out all jobs, and write the parts."""
        progress("inputs", 0, self.total)
        while self.done < self.total:
            for newcomer in self.pool.newcomers():
                self._compare(newcomer, notice)
            while self.pool.has_room() and (job := self._next()) is not None:
                self._give(job)
            for outcome in self.pool.outcomes():
                self._hear(outcome)
                progress("inputs", self.done, self.total)
        return self.done

    def _compare(self, newcomer: Newcomer, notice: Notice) -> None:
        """Have the first actor on a kind of processor answer for the sample.

        One that dies of it, or does not answer, is replaced; after two its kind is compared no more: the next one would
        die of the same input, which is found among the jobs.
        """
        processor, actor = newcomer
        if self.lost[processor] >= MOST or self.sample.is_known(processor):
            return
        ray = self.session.ray
        try:
            coming = [actor.do.remote([entry], number) for number, entry in self.sample.entries()]
            answers = [ray.get(answer, timeout=MOST * (self.timeout + TIMEOUT_S)) for answer in coming]
        except ray.exceptions.RayError as error:
            self.lost[processor] += 1
            self.pool.lose(actor)
            self._collect(how_it_died(error))
            return
        there = [row for answer in answers for row in from_bytes(heard([answer], self.session.name, silent))]
        notice(self.sample.compared(processor, there).said(here()[1]))

    def _actor(self) -> Callable[[], Any]:
        ray = self.session.ray
        work, others = ray.put(self.work), ray.put([entry for _, entry in self.manifest.spread(PROBES)])
        begin = self.manifest.relative_to
        kind = ray.remote(num_cpus=1, max_restarts=0)(RayKeeper)
        deaths = None if self.session.folder is None else str((self.manifest.folder / DEATHS).absolute())
        return lambda: kind.remote(work, self.timeout, deaths, begin, others)

    def _jobs(self) -> Iterator[_Job]:
        share = max(1, math.ceil(self.total / (self.session.cores * _SHARES)))
        for piece in self.missing:
            first, length = self.manifest.first(piece), self.manifest.length(piece)
            step = min(length, share)
            yield from (_Job(piece, at, min(at + step, first + length)) for at in range(first, first + length, step))

    def _next(self) -> _Job | None:
        return self.again.popleft() if self.again else next(self.coming, None)

    def _give(self, job: _Job) -> None:
        piece = job.piece
        start = self.manifest.first(piece)
        self.pool.give(job, self.manifest.entries(piece)[job.first - start : job.end - start], job.first)

    def _hear(self, outcome: Outcome[_Job]) -> None:
        if outcome.died:
            self._bury(outcome.job, outcome)
        else:
            self._take(outcome.job, from_bytes(heard([outcome.value], self.session.name, silent)))

    def _take(self, job: _Job, rows: list[Row]) -> None:
        piece = self.pieces.setdefault(job.piece, Piece(job.piece, self.manifest.length(job.piece)))
        piece.add(job.first, rows)
        if piece.is_whole():
            parts_of(self.manifest).write(piece.number, encode(piece.rows(), self.manifest.form))
            del self.pieces[piece.number]
        self.done += len(rows)

    def _bury(self, job: _Job, outcome: Outcome[_Job]) -> None:
        """Give it out again; in halves where two actors died of it, until it is known of which input."""
        self._collect(outcome.died)
        deaths = (*job.deaths, outcome.died) if outcome.begun else job.deaths
        size = job.end - job.first
        if len(deaths) < MOST:
            self.again.append(job._replace(deaths=deaths))
        elif size == 1:
            self._leave_out(job, deaths)
        else:
            middle = job.first + size // 2
            known = deaths[-1:] if size > 2 else ()
            self.again += [job._replace(end=middle, deaths=known), job._replace(first=middle, deaths=known)]

    def _collect(self, how: str) -> None:
        """Count what an actor was at, where its marks are in the run's folder."""
        if self.session.folder is not None:
            Deaths(self.manifest.folder / DEATHS).collect(self.timeout, how)

    def _leave_out(self, job: _Job, deaths: tuple[str, ...]) -> None:
        entry = self.manifest.entry(job.first)
        noted = Deaths(self.manifest.folder / DEATHS)
        for how in deaths[len(noted.of(job.first)) :]:
            noted.add(job.first, how)
        self._take(job, [row_left_out(job.first, entry.name, deaths, self.work)])
