"""Readings on standard input: lines of numbers that another program writes."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.sources.protocol import Taken
from edgewright.agent.capture.sources.signals.readings import TOO_LONG, LineSplitter, Readings
from edgewright.agent.capture.sources.signals.standard_input import read_input
from edgewright.errors import DataError
from edgewright.media import SeriesPreparation


class LinesSource:
    """Lines of a table, or of JSON, until standard input ends; who writes them waits for the model."""

    live = False
    can_stall = False
    name = "lines"

    def __init__(self, takes: SeriesPreparation) -> None:
        self._takes = takes
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Give rows as they come. Raises `DataError` where not a single line was one."""
        readings, splitter = Readings(self._takes), LineSplitter()
        for data in read_input(self._closed):
            for line in splitter.lines(data):
                yield from readings.frames(line) if line is not None else [readings.damaged(TOO_LONG)]
        for line in splitter.rest():
            yield from readings.frames(line) if line is not None else [readings.damaged(TOO_LONG)]
        if readings.problem is not None and not readings.count:
            raise DataError(f"standard input: {readings.problem}")

    def give_back(self, marks: Iterable[str]) -> None:
        """What was read is gone."""

    def close(self) -> None:
        """End within a moment."""
        self._closed.set()


def open_lines(target: object, *, every_frame: bool, memory: Taken, takes: SeriesPreparation) -> LinesSource:
    """The source of standard input."""
    return LinesSource(takes)
