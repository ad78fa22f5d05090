"""Events given to a Python function."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from edgewright.agent.delivery.sinks.protocol import SinkError
from edgewright.agent.events.event import Stored


class Call:
    """Calls `function(event)` with each event as a dictionary; what it raises means "not taken, try again".

    `name` is the function's own, so that the outbox finds its place again at the next start.
    """

    batch = 100

    def __init__(self, function: Callable[[dict[str, Any]], object], name: str | None = None) -> None:
        self.name = name or f"call:{getattr(function, '__qualname__', type(function).__qualname__)}"
        self._function = function

    def send(self, events: Sequence[Stored]) -> int:
        """Call the function with one event after the other, up to the first that it does not take."""
        for done, event in enumerate(events):
            try:
                self._function(json.loads(event.text))
            except Exception as error:
                if done:
                    return done
                raise SinkError(f"raised {type(error).__name__}: {error}") from error
        return len(events)

    def close(self) -> None:
        """Nothing is to be freed."""
