"""Recordings that are trained on: read once, compared with each other, and cut where a part needs some of each."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edgewright.brief import count
from edgewright.data import Dataset, content_digest
from edgewright.errors import DataError
from edgewright.machine import Progress
from edgewright.media import SERIES_SUFFIXES, Series, read_series, same_rate, window_starts
from edgewright.spelling import argument
from edgewright.train.trainer import Material, Plan

# A window lasts one to two seconds, in which a step, a turn or a gesture is; slow sensors get some rows all the same.
_WINDOW_S = 1.0
_FEWEST, _MOST = 16, 1024
# Rates within a twentieth of a power of two still have it as their window.
_NEARLY = 0.95

# One recording is cut into so many parts at most, each of so many windows at least, with a window between two.
_PARTS = 5
_LEAST_WINDOWS = 2


@dataclass(frozen=True)
class Readings:
    """What all recordings have in common: names of columns, empty where nobody named them; rows a second; a window."""

    columns: tuple[str, ...]
    rate: float
    window: int


def is_series(dataset: Dataset) -> bool:
    """Whether the inputs are series, told by the first."""
    first = dataset.inputs[0]
    if isinstance(dataset.inputs, np.ndarray) or isinstance(first, bytes):
        return False
    if isinstance(first, np.ndarray):
        return first.ndim == 2 and first.dtype.kind == "f"
    return isinstance(first, Series | Mapping) or str(first).lower().endswith(SERIES_SUFFIXES)


def series_of(*datasets: Dataset) -> list[Series]:
    """The recordings of what `material` has read."""
    return [recording for dataset in datasets for recording in dataset.inputs]


def readings_of(recordings: Sequence[Series], plan: Plan) -> Readings:
    """Compare all recordings. Raises `DataError` where one has other columns or another rate than the first."""
    rate = _rate(recordings, plan)
    return Readings(_columns(recordings, plan), rate, plan.window or _window(rate))


def material(dataset: Dataset, plan: Plan, progress: Progress) -> Material:
    """Read all recordings; those that are shorter than a window are left out, and those that are equal go together.

    Raises `DataError` for what cannot be read, holds text, differs in columns or rate, or leaves too little of a class.
    """
    recordings = []
    for place, source in enumerate(dataset.inputs):
        progress("reading recordings", place, len(dataset))
        recordings.append(_read(source, plan, dataset.input_name(place)))
    readings = readings_of(recordings, plan)
    long = [len(window_starts(one, readings.window, readings.window)) > 0 for one in recordings]
    unread = tuple(
        (one.name, f"{len(one):,} rows, and a window has {readings.window:,} without a gap")
        for one, fits in zip(recordings, long, strict=True)
        if not fits
    )
    _check_left(dataset, np.array(long), unread, readings)
    kept = replace(dataset, inputs=tuple(recordings)).take(np.flatnonzero(long))
    kept, notices = _divided_where_alone(kept, readings)
    digests = [content_digest(kept, np.array([place])) for place in range(len(kept))]
    groups = np.unique(digests, return_inverse=True)[1].astype(np.int64)
    apart = "" if notices else "none of them of a recording that is trained on"
    return Material(kept, groups, unread, (*_of_short(unread, len(dataset)), *notices), apart)


def _of_short(unread: Sequence[tuple[str, str]], total: int) -> tuple[str, ...]:
    if not unread:
        return ()
    name, reason = unread[0]
    return (f"{len(unread):,} of {count(total, 'recording')} are left out. The first: {name}: {reason}.",)


def divided(dataset: Dataset, window: int, least: int) -> Dataset:
    """Recordings as at least so many parts, where they are long enough for that: a window each, or more."""
    rows = max(window, sum(map(len, dataset.inputs)) // least)
    parts = [
        (one.part(first, min(first + rows, len(one))), place)
        for place, one in enumerate(dataset.inputs)
        for first in range(0, max(len(one) - rows, 0) + 1, rows)
    ]
    parts = [(part, place) for part, place in parts if len(window_starts(part, window, window))]
    return _with_inputs(dataset, parts)


def _read(source: Any, plan: Plan, name: str) -> Series:
    series = read_series(source, plan.columns)
    if series.values.shape[1] == 0:
        raise DataError(f"{series.name}: there are no columns of numbers in it")
    return replace(series, name=name) if series.name.startswith("<") else series


def _columns(recordings: Sequence[Series], plan: Plan) -> tuple[str, ...]:
    if plan.columns:
        return plan.columns
    first = next((one for one in recordings if one.columns), recordings[0])
    for one in recordings:
        if one.values.shape[1] != first.values.shape[1] or one.columns not in ((), first.columns):
            raise DataError(
                f"{one.name}: it has {_named(one)}, and {first.name} has {_named(first)}. Say which ones count, as in "
                f"{argument('columns', 'ax,ay,az')}, or bring them together"
            )
    return first.columns


def _named(series: Series) -> str:
    names = ", ".join(series.columns[:10]) + (", …" if len(series.columns) > 10 else "")
    return f"the columns {names}" if names else f"{count(series.values.shape[1], 'column')} without names"


def _rate(recordings: Sequence[Series], plan: Plan) -> float:
    timed = [(one, one.rate) for one in recordings if one.rate]
    if not timed and plan.rate is None:
        raise DataError(
            f"{recordings[0].name}: nobody says how many rows a second there are. Say it, as in "
            f"{argument('rate', 50)}, or give a column of times"
        )
    rate = plan.rate or float(f"{statistics.median(own for _, own in timed if own):.4g}")
    for one, own in timed:
        if own and not same_rate(own, rate):
            others = "that was said" if plan.rate else "the usual one"
            raise DataError(f"{one.name}: by its times it has {own:.4g} rows a second, and {others} is {rate:g}")
    return rate


def _window(rate: float) -> int:
    """The power of two whose rows last a second or more, and less than two."""
    rows = 1
    while rows < rate * _WINDOW_S * _NEARLY:
        rows *= 2
    return min(max(rows, _FEWEST), _MOST)


def _check_left(dataset: Dataset, long: Any, unread: Sequence[tuple[str, str]], readings: Readings) -> None:
    """Refuse classes of which nothing is left, and data of one class."""
    advice = f"Give longer ones, or a shorter window ({argument('window', max(readings.window // 4, 4))})"
    if not long.any():
        raise DataError(f"{unread[0][0]}: {unread[0][1]}; no recording is long enough. {advice}")
    if dataset.y is None:
        return
    there, left = set(dataset.labels.tolist()), set(dataset.labels[long].tolist())
    if len(there) < 2:
        name = dataset.classes[there.pop()]
        raise DataError(
            f"{dataset.name}: only one class, {name!r}. A classifier needs at least two; to tell what is normal from "
            "what is not, give the recordings without a folder for their class"
        )
    if gone := sorted(there - left):
        name = dataset.classes[gone[0]]
        raise DataError(
            f"{dataset.name}: no recording of class {name!r} has {readings.window:,} rows without a gap. {advice}"
        )


def _divided_where_alone(dataset: Dataset, readings: Readings) -> tuple[Dataset, tuple[str, ...]]:
    """The recordings, those that are alone in their class cut in time, and what is to be said of it."""
    labels = np.zeros(len(dataset), np.int64) if dataset.y is None else dataset.labels
    whose = "" if dataset.y is None else " of its class"
    parts: list[tuple[Series, int]] = []
    alone = []
    for place, recording in enumerate(dataset.inputs):
        if (labels == labels[place]).sum() > 1:
            parts.append((recording, place))
            continue
        alone.append(f"({recording.name})" if dataset.y is None else dataset.classes[labels[place]])
        parts += [(part, place) for part in _in_time(recording, readings.window, whose)]
    if not alone:
        return dataset, ()
    what = "" if dataset.y is None else "of class "
    notice = (
        f"One recording only {what}{', '.join(alone[:5])}: it was cut in time, with a window between the parts. What "
        "is trained on and what says how good that is are of one recording; of another day expect less."
    )
    return _with_inputs(dataset, parts), (notice,)


def _in_time(recording: Series, window: int, whose: str) -> list[Series]:
    """Parts of the only recording `whose` with a window's rows between them, which are in none."""
    least = _LEAST_WINDOWS * window
    number = min(_PARTS, (len(recording) + window) // (least + window))
    if number < 2:
        raise DataError(
            f"{recording.name}: the only recording{whose} has {len(recording):,} rows; two parts of it need "
            f"{2 * least + window:,} for windows of {window:,}. Record another one, or give a shorter window "
            f"({argument('window', max(len(recording) // 5, 4))})"
        )
    rows = (len(recording) - (number - 1) * window) // number
    firsts = [place * (rows + window) for place in range(number)]
    found = [recording.part(first, first + rows) for first in firsts]
    found = [part for part in found if len(window_starts(part, window, window))]
    if len(found) < 2:
        raise DataError(f"{recording.name}: gaps leave less than two parts of it with windows of {window:,} rows")
    return found


def _with_inputs(dataset: Dataset, parts: Sequence[tuple[Series, int]]) -> Dataset:
    """The data set with parts of its inputs in their place; each with the target of what it is a part of."""
    whole = dataset.take([place for _, place in parts])
    return replace(whole, inputs=tuple(part for part, _ in parts))
