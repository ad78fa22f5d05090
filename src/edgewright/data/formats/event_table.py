"""CSV tables of events: in each line a path, relative to the table, and what happens in that file from when to when."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from edgewright.data.dataset import Dataset
from edgewright.data.format import ReadOptions
from edgewright.data.formats.file_tables import (
    LABEL_NAMES,
    PATH_NAMES,
    SUFFIXES,
    Row,
    cell,
    check_there,
    column_of,
    first_line,
    read_rows,
)
from edgewright.data.targets import EventsTarget
from edgewright.errors import DataError
from edgewright.media import one_line

_START_NAMES = ("start", "start_s", "onset", "begin", "start_time", "from")
_END_NAMES = ("end", "end_s", "offset", "stop", "end_time", "to")
_EVENT_NAMES = (*LABEL_NAMES, "event_label", "event")
_COLUMNS = (PATH_NAMES, _START_NAMES, _END_NAMES, _EVENT_NAMES)


class EventTable:
    """`street.wav,12.5,14.0,siren` below a header that names the columns, also as DCASE has it: filename, onset, ….

    Times are in seconds. A file in which nothing happens has a line with nothing but its path.
    """

    name = "events"
    expects = "a .csv file of path,start,end,label"

    def recognizes(self, path: Path, head: bytes) -> bool:
        """Tell by the names in its first line."""
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            return False
        return None not in _places(first_line(path))

    def open(self, path: Path, options: ReadOptions) -> Dataset:
        """List the files, each with its events. Raises DataError that names the line where one is wrong."""
        header, *rows = read_rows(path)
        if not rows:
            raise DataError(f"{one_line(path)}: no rows below the header")
        path_place, *places = (0 if place is None else place for place in _places(header[1]))
        events: dict[Path, list[tuple[float, float, str]]] = {}
        paths = [path.parent / cell(path, row, path_place) for row in rows]
        check_there(path, rows, paths)
        for row, file in zip(rows, paths, strict=True):
            there = events.setdefault(file, [])
            if any(_at(row, place) for place in places):
                there.append(_event(path, row, places))
        classes = tuple(sorted({label for there in events.values() for *_, label in there}))
        places_of = {label: index for index, label in enumerate(classes)}
        targets = [_target(there, places_of) for there in events.values()]
        return Dataset(tuple(events), targets, classes, one_line(path.name), one_line(path))


def _places(header: list[str]) -> list[int | None]:
    return [column_of(header, names) for names in _COLUMNS]


def _at(row: Row, place: int) -> str:
    return row[1][place] if place < len(row[1]) else ""


def _event(path: Path, row: Row, places: list[int]) -> tuple[float, float, str]:
    start, end, label = (cell(path, row, place) for place in places)
    where = f"{one_line(path)}: line {row[0]}"
    times = _seconds(start, where), _seconds(end, where)
    if not 0 <= times[0] <= times[1]:
        raise DataError(f"{where}: an event from {start} to {end}. Expected 0 <= start <= end, in seconds")
    return (*times, label)


def _seconds(text: str, where: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise DataError(f"{where}: {one_line(text)!r} is no time in seconds")
    return seconds


def _target(there: list[tuple[float, float, str]], places: Mapping[str, int]) -> EventsTarget:
    spans = np.array([(start, end) for start, end, _ in there], np.float64).reshape(-1, 2)
    return EventsTarget(spans, np.array([places[label] for *_, label in there], np.int64))


FORMAT = EventTable()
