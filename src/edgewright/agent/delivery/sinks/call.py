"""Events given to a Python function."""

from __future__ import annotations

import inspect
import json
import logging
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from edgewright.agent.delivery.sinks.protocol import SinkError
from edgewright.agent.events.event import Stored
from edgewright.errors import UsageError

log = logging.getLogger(__name__)

Function = Callable[[dict[str, Any]], object]


class Call:
    """Calls `function(event)` with each event as a dictionary; what it raises means "not taken".

    A `SinkError` or an `OSError`, as libraries raise it where a server or a disk is away, is waited out like any other
    sink's. Anything else is a mistake in the function: it gets the event `tries` times altogether, then the event is
    passed over. `name` is the function's own, so that the outbox finds its place again at the next start.

    Raises `UsageError` for less than one try.
    """

    batch = 100

    def __init__(self, function: Function, name: str | None = None, *, tries: int = 3) -> None:
        if tries < 1:
            raise UsageError(f"tries: {tries}, expected at least 1")
        self.name = name or f"call:{getattr(function, '__qualname__', type(function).__qualname__)}"
        self._function = function
        self._tries = tries
        self._left: tuple[str, Exception] | None = None

    def send(self, events: Sequence[Stored]) -> int:
        """Call the function with one event after the other, up to the first that it does not take.

        What it raised at an event behind others is told when that one is the first: that was a try.
        """
        left, self._left = self._left, None
        if left is not None and events and events[0].id == left[0]:
            raise self._not_taken(left[1]) from left[1]
        for done, event in enumerate(events):
            try:
                self._function(json.loads(event.text))
            except Exception as error:
                if done:
                    self._left = event.id, error
                    return done
                raise self._not_taken(error) from error
        return len(events)

    def close(self) -> None:
        """Nothing is to be freed."""

    def _not_taken(self, error: Exception) -> SinkError:
        log.debug("%s: its trace", self.name, exc_info=error)
        reason = f"raised {type(error).__name__}: {error} ({_line(error, self._function)})"
        if isinstance(error, SinkError):
            return SinkError(reason, of_event=error.of_event, again_s=error.again_s, tries=error.tries)
        return SinkError(reason, tries=None if isinstance(error, OSError) else self._tries)


def _line(error: Exception, function: Function) -> str:
    """Where the function was: the last line of its own file, or if it has none, the one that raised."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    where = _file(function)
    own = [frame for frame in frames if frame.filename == where] or frames
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else "in its call"


def _file(function: Function) -> str | None:
    """The file of the code that is called, whatever stands around it."""
    called = function if inspect.isroutine(function) else getattr(function, "func", type(function).__call__)
    return getattr(getattr(inspect.unwrap(called), "__code__", None), "co_filename", None)
