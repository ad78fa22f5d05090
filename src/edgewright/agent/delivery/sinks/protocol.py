"""What a sink is, and how one is made from the text of `--send`.

A sink is added from outside by an entry point in the group `edgewright.sinks`: the scheme of its URLs ("mqtt"), and a
callable like `SinkFactory`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from edgewright.agent.credentials import Credentials
from edgewright.agent.delivery.sinks.home_assistant.options import HomeAssistant
from edgewright.agent.delivery.sinks.home_assistant.watching import Introduced
from edgewright.agent.events.event import Stored
from edgewright.errors import EdgewrightError, UsageError
from edgewright.registry import Registry

ENTRY_POINTS = "edgewright.sinks"


class SinkError(EdgewrightError):
    """A sink did not take events, for a reason that can pass: it is tried again later.

    `of_event`: the other side was there, so that it may be the first event which it never takes; where others are taken
    in its place again and again, that one is passed over. `again_s`: it wants to be left alone for so many seconds.
    `tries`: so often the first event is offered altogether, then it is passed over, whatever becomes of the others;
    None for ever.
    """

    def __init__(self, reason: str, *, of_event: bool = False, again_s: float = 0.0, tries: int | None = None) -> None:
        super().__init__(reason)
        self.of_event = of_event
        self.again_s = again_s
        self.tries = tries


@runtime_checkable
class Sink(Protocol):
    """Takes events. Used by one thread; what it raises as `SinkError` is tried again, with growing pauses.

    `name` is unique among the sinks of an agent and the same at every start, since the outbox keeps its place by it.
    It never holds a password. `batch` is how many events it wants at once.
    """

    name: str
    batch: int

    def send(self, events: Sequence[Stored]) -> int:
        """Deliver events in this order and return how many of the first ones are delivered for certain.

        Connects where it is not connected. An event that the other side refuses for ever counts as delivered and is
        logged; a sink that has such counts them in an attribute `refused`. Raises `SinkError` where not one was
        delivered.
        """

    def close(self) -> None:
        """Free what it holds; sending again opens it again."""


@runtime_checkable
class Tended(Protocol):
    """A sink that has something to do also where there are no events."""

    def tend(self) -> None:
        """Called by the thread of `send` every few seconds in which no events wait; `SinkError` is as there."""


SinkFactory = Callable[[str, Credentials], Sink]

_sinks: Registry[SinkFactory] = Registry(
    "kind of sink",
    ENTRY_POINTS,
    {
        "file": "edgewright.agent.delivery.sinks.json_lines:open_file",
        "stdout": "edgewright.agent.delivery.sinks.json_lines:open_stdout",
        "mqtt": "edgewright.agent.delivery.sinks.mqtt:open_mqtt",
        "mqtts": "edgewright.agent.delivery.sinks.mqtt:open_mqtt",
        "http": "edgewright.agent.delivery.sinks.webhook:open_webhook",
        "https": "edgewright.agent.delivery.sinks.webhook:open_webhook",
    },
    protocol="collections.abc:Callable",
)

register_sink = _sinks.register
sink_names = _sinks.names


def open_sink(
    target: str, credentials: Credentials | None = None, *, home_assistant: HomeAssistant | bool = False
) -> Sink:
    """Make the sink of a target: "mqtts://broker/topic", "https://host/path", "file:events.jsonl" or "stdout:".

    `home_assistant`: that one of MQTT makes the agent appear in Home Assistant. Nothing is connected yet. Raises
    `UsageError` for a target that makes no sense, or that holds a password.
    """
    scheme, colon, _ = target.partition(":")
    if not colon and target != "stdout":
        raise UsageError(f"{target}: no kind of sink. Write one like mqtts://broker/topic or file:events.jsonl")
    sink = _sinks.get(scheme)(target, credentials or Credentials())
    if home_assistant:
        if not isinstance(sink, Introduced):
            raise UsageError(f"{target}: Home Assistant hears of an agent over MQTT. Write mqtts://broker/topic")
        sink.announce(HomeAssistant() if home_assistant is True else home_assistant)
    return sink
