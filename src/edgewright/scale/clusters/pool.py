"""Actors of Ray that are given jobs: a few each, so that none waits; one that dies is made anew."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from edgewright import __version__
from edgewright.errors import ChildCrashError, ClusterError, EdgewrightError
from edgewright.report import printable
from edgewright.scale.clusters.session import Session

Job = TypeVar("Job")

AHEAD = 2
"""Jobs that an actor has at once: the one that it works on, and the next."""

# If so many die one after the other before they have begun, the next one will not do otherwise. Where some have begun
# before, it may be somebody who kills them, and stops.
_STARTS, _STARTS_LATER = 5, 25
_LOG = 300

# What Ray says of code that is not on a worker's machine.
_NOT_THERE = "failed to import on the worker"


class Outcome(NamedTuple, Generic[Job]):
    """What came of a job: its `value`, or how its actor `died`, which had `begun` with it or not."""

    job: Job
    value: Any = None
    died: str = ""
    begun: bool = True


class Newcomer(NamedTuple):
    """An actor that has begun, and the processor that it is on."""

    processor: str
    actor: Any


@dataclass
class _Hand(Generic[Job]):
    """An actor, and the jobs that it was given, in the order in which it does them."""

    actor: Any
    starting: Any
    jobs: deque[tuple[Any, Job]] = field(default_factory=deque)


class Pool(Generic[Job]):
    """So many actors as `size` says, made by `make`; each has methods `start`, `do` and `close`.

    `start` gives the version of Edgewright there, and the processor; `do` does a job.
    """

    def __init__(self, session: Session, make: Callable[[], Any], size: int) -> None:
        self._session, self._ray, self._make = session, session.ray, make
        self._hands: list[_Hand[Job]] = [self._hand() for _ in range(size)]
        self._newcomers: list[Newcomer] = []
        self._unborn, self._most_unborn = 0, _STARTS

    def newcomers(self) -> list[Newcomer]:
        """Those that have begun since this was asked before."""
        found, self._newcomers = self._newcomers, []
        return found

    def has_room(self) -> bool:
        """Whether an actor that is there can take a job."""
        return any(True for _ in self._free())

    def give(self, job: Job, *arguments: Any) -> None:
        """Let the actor that has the least to do `do` a job."""
        hand = min(self._free(), key=lambda hand: len(hand.jobs))
        hand.jobs.append((hand.actor.do.remote(*arguments), job))

    def outcomes(self) -> list[Outcome[Job]]:
        """Wait until something has happened, and say what came of jobs; perhaps only an actor is there now.

        Raises the error of Edgewright that an actor raised, `ChildCrashError` where actors die before they begin, and
        `ClusterError` where they cannot be made.
        """
        waiting = [hand.starting for hand in self._hands if hand.starting is not None]
        waiting += [jobs[0][0] for hand in self._hands if (jobs := hand.jobs)]
        done, _ = self._ray.wait(waiting, num_returns=1)
        return [outcome for hand in tuple(self._hands) for outcome in self._heard(hand, done[0])]

    def lose(self, actor: Any) -> None:
        """Have another one in the place of an actor that is gone, or does not answer, and has no job yet."""
        self._replace(next(hand for hand in self._hands if hand.actor is actor))

    def close(self) -> None:
        """End the actors; those that are there remove their files."""
        ends = [hand.actor.close.remote() for hand in self._hands if hand.starting is None]
        if ends:
            self._ray.wait(ends, num_returns=len(ends), timeout=1.0)
        for hand in self._hands:
            self._ray.kill(hand.actor)
        self._hands = []

    def _free(self) -> Iterator[_Hand[Job]]:
        return (hand for hand in self._hands if hand.starting is None and len(hand.jobs) < AHEAD)

    def _hand(self) -> _Hand[Job]:
        actor = self._make()
        return _Hand(actor, actor.start.remote())

    def _heard(self, hand: _Hand[Job], done: Any) -> Iterator[Outcome[Job]]:
        if hand.starting == done:
            self._begin(hand, done)
        elif hand.jobs and hand.jobs[0][0] == done:
            try:
                value = self._ray.get(done)
            except self._ray.exceptions.RayError as error:
                yield from self._buried(hand, error)
            else:
                yield Outcome(hand.jobs.popleft()[1], value)

    def _begin(self, hand: _Hand[Job], started: Any) -> None:
        try:
            version, processor = self._ray.get(started)
        except self._ray.exceptions.RayError as error:
            if _NOT_THERE in str(error):
                raise self._unlike(_last_line(error)) from None
            self._raise_own(error)
            self._unborn += 1
            if self._unborn >= self._most_unborn:
                raise ChildCrashError(
                    f"{self._session.name}: workers die before they begin: {how_it_died(error)}"
                ) from None
            self._replace(hand)
            return
        if version != __version__:
            raise self._unlike(f"one has {printable(version)}")
        hand.starting, self._unborn, self._most_unborn = None, 0, _STARTS_LATER
        self._newcomers.append(Newcomer(processor, hand.actor))

    def _buried(self, hand: _Hand[Job], error: Exception) -> Iterator[Outcome[Job]]:
        self._raise_own(error)
        self._replace(hand)
        for place, (_, job) in enumerate(hand.jobs):
            yield Outcome(job, died=how_it_died(error), begun=not place)

    def _replace(self, hand: _Hand[Job]) -> None:
        self._ray.kill(hand.actor)
        self._hands[self._hands.index(hand)] = self._hand()

    def _raise_own(self, error: Exception) -> None:
        """Raise what the code of an actor raised, as it is no death."""
        if isinstance(error, self._ray.exceptions.RayTaskError):
            cause = getattr(error, "cause", None)
            if isinstance(cause, EdgewrightError):
                raise cause from None
            raise ChildCrashError(f"{self._session.name}: a worker raised {_last_line(error)}") from error

    def _unlike(self, why: str) -> ClusterError:
        return ClusterError(
            f"its workers need Edgewright {__version__}, the version that is here ({why})",
            where=self._session.name,
            remedy=f"Run on each of its machines: pip install 'edgewright[ray]=={__version__}'",
        )


def how_it_died(error: Exception) -> str:
    """How an actor died, in few words."""
    text = str(error)
    if type(error).__name__ == "OutOfMemoryError":
        return "it was killed for want of memory"
    return "its machine is gone" if "node" in text and "died" in text and "NODE" in text else "its process died"


def _last_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return printable(lines[-1] if lines else type(error).__name__).strip()[:_LOG]
