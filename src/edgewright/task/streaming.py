"""Many inputs through a task: a thread for each core, each with an interpreter of its own, and the answers in order."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, Generic, Protocol, Self, TypeVar

from edgewright.brief import brief
from edgewright.engine import check_threads
from edgewright.errors import DataError, UsageError
from edgewright.values import dataclass

Input = TypeVar("Input")
Result = TypeVar("Result")
ResultOut = TypeVar("ResultOut", covariant=True)

# How many inputs are under way or wait for their turn, for each worker. With fewer, the others would soon wait for one
# that has a picture ten times as large; with more, a camera's frames would fill the memory of a small computer.
LOOK_AHEAD = 4

# How long the end waits for an iterator that is being asked for its next input: it may be waiting for a camera.
_PATIENCE_S = 1.0


@dataclass(frozen=True, eq=False)
class Answer(Generic[Input, Result]):
    """What came of one input: its `result`, or the `error` that says what is wrong with it."""

    input: Input
    result: Result | None = None
    error: DataError | None = None

    def __post_init__(self) -> None:
        if (self.result is None) == (self.error is None):
            raise ValueError("an answer is a result or an error, one of the two")

    @property
    def ok(self) -> bool:
        """Whether there is a result."""
        return self.error is None

    __repr__ = brief


class Streaming(Protocol[ResultOut]):
    """What a task needs to have for `stream`: it answers, and makes others of its kind."""

    def __call__(self, inputs: Any) -> ResultOut:
        """Answer for one input."""

    def sibling(self) -> Self:
        """Return the same task with an interpreter of its own, on one thread, over the same verified model."""

    def close(self) -> None:
        """Free the model's memory."""


def stream(
    task: Streaming[Result], inputs: Iterable[Input], *, workers: int | None = None
) -> Generator[Answer[Input, Result], None, None]:
    """Answer for all inputs, in their order; an input that cannot be read becomes an answer with an error.

    `workers` threads (default: the cores that this process may use) each do all the work of an input with an
    interpreter of their own; the task itself stays free. With one worker there are no threads, and the task does it.
    The inputs are asked for one at a time, by the workers, and at most `LOOK_AHEAD` for each worker ahead of what was
    taken here. Closing the generator, or leaving the loop over it, stops the workers and frees their interpreters.

    Raises `UsageError` for less than one worker or absurdly many, and for a text or path in place of inputs; where
    their turn comes, what the iterator of the inputs raises, and errors that are not about an input.
    """
    if isinstance(inputs, str | bytes | os.PathLike):
        raise UsageError(f"stream({inputs!r}): give several inputs, for a folder find_pictures([{inputs!r}])")
    number = _usable_cores() if workers is None else workers
    check_threads(number, "workers")
    if number == 1:
        return _one_by_one(task, inputs)
    return _Crew(task.sibling, iter(inputs), number).answers()


def _usable_cores() -> int:
    from edgewright.machine import usable_cores

    return usable_cores()


def _one_by_one(task: Streaming[Result], inputs: Iterable[Input]) -> Generator[Answer[Input, Result], None, None]:
    for one in inputs:
        yield _answer(task, one)


def _answer(task: Streaming[Result], one: Input) -> Answer[Input, Result]:
    try:
        return Answer(one, result=task(one))
    except DataError as error:
        _forget_frames(error)
        return Answer(one, error=error)


def _forget_frames(error: BaseException) -> None:
    """Let go of the frames of an error and its causes: they hold on to the picture, as long as the answer is kept."""
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__


@dataclass(frozen=True)
class _Raised:
    """What ends the stream when its turn comes."""

    error: BaseException


class _Crew(Generic[Input, Result]):
    """The workers of one stream. All that they share is guarded by one lock."""

    def __init__(self, open_task: Callable[[], Streaming[Result]], inputs: Iterator[Input], workers: int) -> None:
        self._open_task = open_task
        self._inputs = inputs
        self._window = workers * LOOK_AHEAD
        # Daemons: one that waits for an iterator forever shall not keep the process alive.
        self._threads = [threading.Thread(target=self._work, daemon=True, name="stream") for _ in range(workers)]
        # Can be entered twice: the garbage collector may close an abandoned stream at any point of any thread.
        lock = threading.RLock()
        self._may_take = threading.Condition(lock)
        self._may_give = threading.Condition(lock)
        self._outcomes: dict[int, Answer[Input, Result] | _Raised] = {}
        self._taken = self._given = 0
        self._taking: threading.Thread | None = None
        self._ended = False

    def answers(self) -> Generator[Answer[Input, Result], None, None]:
        try:
            for thread in self._threads:
                thread.start()
            while (outcome := self._next_outcome()) is not None:
                if isinstance(outcome, _Raised):
                    raise outcome.error
                yield outcome
        finally:
            self._stop()

    def _next_outcome(self) -> Answer[Input, Result] | _Raised | None:
        with self._may_give:
            self._may_give.wait_for(lambda: self._given in self._outcomes or self._is_over())
            if self._given not in self._outcomes:
                return None
            outcome = self._outcomes.pop(self._given)
            self._given += 1
            self._may_take.notify()
            return outcome

    def _is_over(self) -> bool:
        return self._ended and self._given == self._taken

    def _stop(self) -> None:
        with self._may_take:
            self._end()
            taking = self._taking
        this = threading.current_thread()
        if this in self._threads:  # The garbage collector closed the stream; the others may need what we hold.
            return
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(_PATIENCE_S if thread is taking else None)

    def _end(self) -> None:
        self._ended = True
        self._may_take.notify_all()
        self._may_give.notify_all()

    # What follows runs in the workers.

    def _work(self) -> None:
        task: Streaming[Result] | None = None
        try:
            while (taken := self._take()) is not None:
                place, one = taken
                try:
                    if task is None:
                        task = self._open_task()
                    self._put(place, _answer(task, one))
                except BaseException as error:  # noqa: BLE001 - raised where its turn comes
                    self._put(place, _Raised(error))
                del taken, one  # Not kept while waiting for the next.
        finally:
            if task is not None:
                task.close()

    def _take(self) -> tuple[int, Input] | None:
        """The next input and its place; `None` when there is no more to do."""
        with self._may_take:
            self._may_take.wait_for(self._can_go_on)
            if self._ended:
                return None
            self._taking = threading.current_thread()
        found = self._ask()
        with self._may_take:
            self._taking = None
            if found is None or self._ended:
                self._end()
                return None
            place, self._taken = self._taken, self._taken + 1
            if isinstance(found, _Raised):
                self._outcomes[place] = found
                self._end()
                return None
            self._may_take.notify()
            return place, found[0]

    def _can_go_on(self) -> bool:
        return self._ended or (self._taking is None and self._taken - self._given < self._window)

    def _ask(self) -> tuple[Input] | _Raised | None:
        try:
            return (next(self._inputs),)
        except StopIteration:
            return None
        except BaseException as error:  # noqa: BLE001 - raised where its turn comes
            return _Raised(error)

    def _put(self, place: int, outcome: Answer[Input, Result] | _Raised) -> None:
        with self._may_give:
            self._outcomes[place] = outcome
            if place == self._given:
                self._may_give.notify()
