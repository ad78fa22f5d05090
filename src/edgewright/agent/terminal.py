"""An agent at a terminal: what it does in lines that are written anew, and its events in lines for people."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Iterator

from edgewright.agent.agent import Agent
from edgewright.agent.config.settings import Settings
from edgewright.agent.delivery.sinks.for_people import ForPeople
from edgewright.agent.logs import LogFormat, log_to
from edgewright.agent.onlooker import Onlooker
from edgewright.report import is_terminal


@contextlib.contextmanager
def at_terminal(settings: Settings, log_format: LogFormat) -> Iterator[Agent]:
    """The agent of the settings, looked at for the time of the block where standard error is a terminal.

    Events for standard output are lines for people where that is a terminal; in a pipe they stay lines of JSON.
    """
    with contextlib.ExitStack() as shown:
        events, onlooker = sys.stdout, None
        if log_format == "text" and is_terminal(sys.stderr):
            onlooker = shown.enter_context(Onlooker(sys.stderr))
            shown.callback(log_to, sys.stderr, log_format)
            log_to(onlooker.above(sys.stderr), log_format)
            events = onlooker.above(sys.stdout)
        if is_terminal(sys.stdout):
            sinks = tuple(ForPeople(events) if sink.name == ForPeople.name else sink for sink in settings.sinks)
            settings = dataclasses.replace(settings, sinks=sinks)
        agent = Agent.from_settings(settings)
        if onlooker is not None:
            onlooker.look_at(agent.glance)
        yield agent
