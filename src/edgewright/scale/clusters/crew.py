"""`RayCrew`: workers of Ray who are asked for calls as a place is, on this machine or on a cluster."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from edgewright.errors import ChildCrashError
from edgewright.machine import Files, Progress, heard, silent
from edgewright.scale.clusters.pool import Outcome, Pool
from edgewright.scale.clusters.session import Session, opened
from edgewright.scale.clusters.worker import Sent, Worker

# Two workers that die of a call say that it is the call.
_MOST = 2

# Answers that wait for an earlier one, for each worker.
_WAITING = 4


class _Call(NamedTuple):
    """A call on its way: its place among all, its arguments, and how many workers died of it."""

    place: int
    arguments: Mapping[str, Any]
    deaths: int = 0


class RayCrew:
    """Workers on Ray, one for a core of a processor; open one with `RayCrew.open`.

    >>> with RayCrew.open() as crew:
    ...     ew.evaluate("mobilenet.tflite", "photos", crew=crew)
    """

    def __init__(self, session: Session) -> None:
        """A crew on a Ray that answers."""
        self._session = session
        self._actor = session.ray.remote(num_cpus=1, max_restarts=0)(Worker)
        self._pool: Pool[tuple[_Calls, _Call]] = Pool(session, self._make, session.cores)
        self._sent: dict[str, Sent] = {}

    @classmethod
    @contextmanager
    def open(
        cls, address: str | None = None, *, workers: int | None = None, progress: Progress = silent
    ) -> Generator[RayCrew, None, None]:
        """Start a Ray here for as long as the block lasts, or join the one at `address` (HOST:PORT, "auto").

        `workers`: how many, by default all cores. Raises `MissingExtraError` without Ray, and `ClusterError` where it
        does not answer.
        """
        with opened(address, workers, progress) as session:
            crew = cls(session)
            try:
                yield crew
            finally:
                crew._pool.close()

    @property
    def name(self) -> str:
        """What people call it."""
        return self._session.name

    @property
    def size(self) -> int:
        """How many work at once."""
        return self._session.cores

    def call_each(
        self, function: str, each: Iterable[Mapping[str, Any]], files: Files, progress: Progress = silent
    ) -> Iterator[Any]:
        """Call `function` with each of the arguments, on whichever worker is free; its values in their order.

        `files` go to each worker once. A call whose worker dies is made again by another one. Raises the error of
        Edgewright that a call raised, `ChildCrashError` where two workers died of the same call, and `ClusterError` for
        workers without the same Edgewright.
        """
        sent = self._send_all(files)
        calls = _Calls(each, self.size * _WAITING)
        while calls.are_left():
            while self._pool.has_room() and (call := calls.next()) is not None:
                self._pool.give((calls, call), function, call.arguments, sent)
            for outcome in self._pool.outcomes():
                of, call = outcome.job
                of.hear(call, outcome, self.name)  # of calls that nobody waits for any more as well
            for answer in calls.in_order():
                yield heard([answer], self.name, progress)

    def _make(self) -> Any:
        folder = self._session.folder
        return self._actor.remote(None if folder is None else str(folder))

    def _send_all(self, files: Files) -> dict[str, Sent]:
        """Hand files to Ray, but for those that the last calls had as well; others are let go of."""
        before, self._sent = self._sent, {}
        return {name: self._send(file, before) for name, file in files.items()}

    def _send(self, file: Path | bytes, before: Mapping[str, Sent]) -> Sent:
        data = file if isinstance(file, bytes) else file.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        known = self._sent.get(digest) or before.get(digest)
        sent = self._sent[digest] = known or Sent(digest, self._session.ray.put(data))
        return sent


class _Calls:
    """The calls of one `call_each`: which come next, and the answers in their order."""

    def __init__(self, each: Iterable[Mapping[str, Any]], window: int) -> None:
        self._coming = (_Call(place, arguments) for place, arguments in enumerate(each))
        self._again: deque[_Call] = deque()
        self._answers: dict[int, Mapping[str, Any]] = {}
        self._window = window
        self._given = self._taken = 0
        self._next = next(self._coming, None)

    def are_left(self) -> bool:
        """Whether one was not answered yet."""
        return self._next is not None or self._taken < self._given

    def next(self) -> _Call | None:
        """The call to give out now; None where answers have to come first."""
        if self._again:
            return self._again.popleft()
        if self._next is None or self._given - self._taken >= self._window:
            return None
        call, self._next = self._next, next(self._coming, None)
        self._given += 1
        return call

    def hear(self, call: _Call, outcome: Outcome[Any], name: str) -> None:
        """Take an answer; what a worker died of is given out again. Raises `ChildCrashError` where two did."""
        if not outcome.died:
            self._answers[call.place] = outcome.value
            return
        deaths = call.deaths + outcome.begun
        if deaths >= _MOST:
            raise ChildCrashError(f"{name}: {deaths} workers died of the same work: {outcome.died}")
        self._again.append(call._replace(deaths=deaths))

    def in_order(self) -> Iterator[Mapping[str, Any]]:
        """The answers whose turn has come."""
        while self._taken in self._answers:
            self._taken += 1
            yield self._answers.pop(self._taken - 1)
