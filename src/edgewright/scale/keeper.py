"""A keeper: it keeps one child process with the model, starts it again when it dies, and knows what it died of."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from types import TracebackType
from typing import Self

from edgewright.errors import ChildCrashError, ChildError, ChildTimeoutError, EngineError
from edgewright.machine import Kept
from edgewright.scale import answering
from edgewright.scale.deaths import Deaths, are_enough
from edgewright.scale.entry import Entry
from edgewright.scale.remote.trying import MOST_S
from edgewright.scale.rows.row import Row, from_bytes, row_left_out
from edgewright.scale.work import Work

TIMEOUT_S = 300.0
"""How long an input may take: a worker that takes longer hangs, and is killed."""

# Fetching ends by itself within two minutes. That is not what `timeout` is about.
_FETCHING_S = MOST_S + 30.0
# How often a keeper looks whether it is to stop, and which input its child is at.
_TICK_S = 0.1
# A child that ends so often in a row before it has begun with an input will not do otherwise the next time.
_STARTS = 5
# If a keeper has given up so many inputs and was never answered, it is not about the inputs.
_HOPELESS = 3

Inputs = Mapping[int, Entry]


class StoppedError(Exception):
    """The keeper was told to stop."""


def _goes_on() -> bool:
    return False


class Keeper:
    """Answers for inputs in a child process of its own, whose death takes nothing with it.

    An input that a worker died of is tried once more, while no other such input is; after the second time its row
    says so. Not for two threads at once.
    """

    def __init__(
        self, work: Work, deaths: Deaths, *, timeout: float = TIMEOUT_S, stopped: Callable[[], bool] = _goes_on
    ) -> None:
        """`timeout` in seconds is that of one input, once its bytes are here.

        `stopped` is asked again and again whether to end.
        """
        self._work = work
        self._deaths = deaths
        self._timeout = timeout
        self._stopped = stopped
        self._mark = deaths.mark()
        self._child: Kept | None = None
        self._starts = 0
        self._given_up = 0
        self._answered = False

    def do(self, entries: Sequence[Entry], first: int) -> list[Row]:
        """The rows of inputs, whose numbers are those from `first` on.

        Raises `StoppedError`; errors that are not about an input: those of opening the model, `ChildCrashError` where
        workers die without one, and `OutputError` where deaths cannot be noted.
        """
        left = dict(enumerate(entries, first))
        rows: dict[int, Row] = {}
        while left:
            suspects = self._deaths.suspects() & left.keys()
            if suspects:
                self._try_again(min(suspects), left, rows)
            else:
                self._try(left, rows)
            left = {index: entry for index, entry in left.items() if index not in rows}
        return [rows[index] for index in sorted(rows)]

    def _try_again(self, index: int, inputs: Inputs, rows: dict[int, Row]) -> None:
        with self._deaths.alone(self._wait):
            died = self._deaths.of(index)
            if are_enough(died):
                rows[index] = self._left_out(index, inputs[index], died)
                return
            self._try({index: inputs[index]}, rows)
            if index in rows:
                self._deaths.forget(index)

    def _left_out(self, index: int, entry: Entry, died: Sequence[str]) -> Row:
        return row_left_out(index, entry.name, died, self._work)

    def _try(self, inputs: Inputs, rows: dict[int, Row]) -> None:
        """Ask for the rows of inputs, as far as the child comes."""
        try:
            child = self._child or self._open()
            child.ask(json.dumps([(index, entry.to_line()) for index, entry in inputs.items()]).encode())
            waiting = iter(inputs)
            for row in self._heard_rows(child, len(inputs)):
                rows[next(waiting)] = row
        except (ChildError, EngineError) as error:
            self._bury(error, inputs.keys() - rows.keys())

    def _heard_rows(self, child: Kept, count: int) -> Iterator[Row]:
        while count > 0:
            rows = from_bytes(self._heard(child, self._timeout))
            yield from rows
            count -= len(rows)
            self._answered, self._starts = True, 0

    def _open(self) -> Kept:
        self._starts += 1
        if not self._mark.is_there():
            self._mark.close()
            self._mark = self._deaths.mark()
        self._child = Kept("the worker", answering.serve, self._work, str(self._mark.path))
        self._heard(self._child, TIMEOUT_S)
        return self._child

    def _heard(self, child: Kept, timeout: float) -> bytes:
        state, since = self._mark.state, time.monotonic()
        while (answer := child.heard(_TICK_S)) is None:
            self._wait()
            now = self._mark.state
            limit = max(timeout, _FETCHING_S) if now.waiting else timeout
            if now != state:
                state, since = now, time.monotonic()
            elif time.monotonic() - since > limit:
                raise ChildTimeoutError(f"the worker took longer than {limit:g} s and was stopped")
        return answer

    def _wait(self, step: str = "", done: int = 0, total: int = 0) -> None:
        if self._stopped():
            raise StoppedError

    def _bury(self, error: ChildError | EngineError, left: Set[int]) -> None:
        """Count what the child died of; raise where it was nothing that it was given."""
        self._close_child()
        index = self._mark.index
        self._mark.clear()
        if index in left:
            self._note(index, error.summary if isinstance(error, ChildError) else str(error))
        elif self._starts >= _STARTS or isinstance(error, EngineError):
            raise error

    def _note(self, index: int, how: str) -> None:
        """Count a death; raise where it is one of so many that the inputs cannot be what is wrong."""
        self._deaths.add(index, how)
        self._given_up += are_enough(self._deaths.of(index))
        if self._given_up >= _HOPELESS and not self._answered:
            raise ChildCrashError(f"{self._work.name}: workers died of each of {self._given_up} inputs: {how}")

    def _close_child(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None

    def close(self) -> None:
        """End the child."""
        self._close_child()
        self._mark.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
