"""What a keeper's child process does: the model is opened once, and then answers for input after input."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from edgewright.errors import DataError
from edgewright.media import Given
from edgewright.scale.again import patiently
from edgewright.scale.ahead import Ahead
from edgewright.scale.deaths import set_mark
from edgewright.scale.entry import Entry
from edgewright.scale.reading import source_of
from edgewright.scale.rows.row import Row, row_of, to_bytes
from edgewright.scale.work import Work
from edgewright.task import Answer, Task

# How long rows are held back at most, so that a death costs little; and the parent hears of few at a time.
_HELD_S = 0.25

Numbered = list[tuple[int, str]]


def serve(questions: Iterator[bytes], say: Callable[[bytes], None], work: Work, mark: str) -> None:
    """Say something once the model is open, then the rows of the inputs of each question, some at a time, in order.

    A question is a list of [number, line of the listing]. Before each input its number is written into the file `mark`.
    """
    with work.open() as task:
        descriptor, ahead = os.open(mark, os.O_WRONLY), Ahead()
        say(b"")
        for question in questions:
            _answer(task, work, json.loads(question), descriptor, ahead, say)


def _answer(
    task: Task[Any], work: Work, inputs: Numbered, mark: int, ahead: Ahead, say: Callable[[bytes], None]
) -> None:
    entries = [(index, Entry.of_line(line)) for index, line in inputs]
    coming = ahead.fetched(source_of(entry, task.input) for _, entry in entries)
    rows: list[Row] = []
    said = time.monotonic()
    for (index, entry), here in zip(entries, coming, strict=True):
        set_mark(mark, index, waiting=True)
        rows.append(row_of(index, _answered(task, entry, here, partial(set_mark, mark, index)), work))
        if time.monotonic() - said > _HELD_S:
            say(to_bytes(rows))
            rows, said = [], time.monotonic()
    set_mark(mark, -1)
    if rows:
        say(to_bytes(rows))


def _answered(task: Task[Any], entry: Entry, here: Callable[[], Any], begin: Callable[[], None]) -> Answer[Any, Any]:
    """What the task says once the bytes are here, of which `begin` is told."""
    try:
        source = here()
        begin()
        answer = task(source) if isinstance(source, Given) else patiently(partial(task, source))
        return Answer(entry.name, result=answer)
    except DataError as error:
        return Answer(entry.name, error=error)
