"""What one input takes on one thread, stage by stage; runs in a process of its own, which a model may take along."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from edgewright.errors import DataError
from edgewright.machine import Progress, peak_memory, silent
from edgewright.rewrite import Modernize
from edgewright.scale.entry import Entry
from edgewright.scale.forecasting.cold import Held, read_cold
from edgewright.scale.forecasting.figures import DECODING, MODEL, PREPARING, READING
from edgewright.scale.reading import source_of
from edgewright.scale.rows.forms import encode
from edgewright.scale.rows.row import Row, row_of
from edgewright.scale.work import Work
from edgewright.task import Answer, Task

# Kinds that take a file object, so that reading can be told from what comes after it.
_AS_FILES = frozenset({"picture", "sound", "series"})
_FEWEST, _LONGEST_S = 20, 30.0
_COMPARED, _WRITES = 30, 5


@dataclass
class StageTimes:
    """Seconds of each input by stage, and what came along: `originals` are (height, width) of pictures.

    `encode_s` and `sync_s`: what making bytes of a row takes, and writing a piece of rows until the disk has it.
    `modern`: the model's time and that of its modernized file, medians in seconds; None where there is none.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)
    warm_s: list[float] = field(default_factory=list)
    cold: list[bool | None] = field(default_factory=list)
    originals: list[tuple[int, int]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    taken: int = 0
    row_bytes: float = 0.0
    encode_s: float = 0.0
    sync_s: float = 0.0
    peak_bytes: int | None = None
    modern: tuple[float, float] | None = None

    def add(self, stage: str, seconds: float) -> None:
        """One more input's time."""
        self.seconds.setdefault(stage, []).append(seconds)


def measure_stages(
    work: Work, entries: Sequence[Entry], form: str, piece: int, place: str | None, progress: Progress = silent
) -> StageTimes:
    """Work on the entries one after the other, as long as half a minute, and time every stage of each.

    Rows are written to an unnamed file in the folder `place`, which is gone when it is closed.
    """
    times, rows, kept = StageTimes(), [], deque[Any](maxlen=_COMPARED)
    with work.open() as task:
        _warm_up(task, entries)
        end = time.perf_counter() + _LONGEST_S
        for index, entry in enumerate(entries):
            rows.append(_one(task, work, index, entry, times, kept))
            progress("stages of an input", index + 1, len(entries))
            if index + 1 >= _FEWEST and time.perf_counter() > end:
                break
        times.taken, times.peak_bytes = len(rows), peak_memory()
        times.modern = _modernized(task, work, list(kept))
    _write(rows, form, piece, place, times)
    return times


def _warm_up(task: Task[Any], entries: Sequence[Entry]) -> None:
    """The first answer sets things up that no later one has to."""
    for entry in entries[:_FEWEST]:
        try:
            task(source_of(entry, task.input))
        except (DataError, OSError):
            continue
        return


def _one(task: Task[Any], work: Work, index: int, entry: Entry, times: StageTimes, kept: deque[Any]) -> Row:
    try:
        source = _source(task, entry, times)
        answer = Answer(entry.name, _steps(task, source, times))
        kept.append(source)
    except (DataError, OSError) as error:
        times.errors.append(f"{entry.name}: {error}" if isinstance(error, OSError) else str(error))
        answer = Answer(entry.name, error=DataError(times.errors[-1]))
    return row_of(index, answer, work)


def _source(task: Task[Any], entry: Entry, times: StageTimes) -> Any:
    """What the task takes, read before where it is read at all."""
    source = source_of(entry, task.input)
    if task.input.name == "text":
        return source
    read = read_cold(entry, source)
    times.add(READING, read.seconds)
    times.sizes.append(len(read.content))
    times.cold.append(read.cold)
    if read.warm_s is not None:
        times.warm_s.append(read.warm_s)
    return Held(read.content, entry.name) if task.input.name in _AS_FILES else source


def _steps(task: Task[Any], source: Any, times: StageTimes) -> Any:
    found: dict[str, float] = {}
    made: Any = None
    for stage, (seconds, made) in zip((PREPARING, MODEL, DECODING), _timed(task.steps(source)), strict=True):
        found[stage] = seconds
        if stage == PREPARING and made.original is not None:
            times.originals.append(made.original)
    for stage, seconds in found.items():
        times.add(stage, seconds)
    return made


def _timed(steps: Iterator[Any]) -> Iterator[tuple[float, Any]]:
    while True:
        start = time.perf_counter()
        try:
            made = next(steps)
        except StopIteration:
            return
        yield time.perf_counter() - start, made


def _write(rows: Sequence[Row], form: str, piece: int, place: str | None, times: StageTimes) -> None:
    """What rows take as bytes, and a piece of them on its way to the disk."""
    encode(rows[:1], form)  # what writes a form is imported for the first row
    start = time.perf_counter()
    encoded = encode(rows, form).data
    times.encode_s, times.row_bytes = (time.perf_counter() - start) / len(rows), len(encoded) / len(rows)
    whole = encoded * max(1, round(piece / len(rows)))
    times.sync_s = statistics.median(_synced(whole, place) for _ in range(_WRITES))


def _synced(content: bytes, place: str | None) -> float:
    with tempfile.TemporaryFile(dir=place) as file:
        start = time.perf_counter()
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        return time.perf_counter() - start


def _modernized(task: Task[Any], work: Work, sources: Sequence[Any]) -> tuple[float, float] | None:
    """The time of the model as it is and rewritten for today's kernels, in turns."""
    rewritten = Modernize()(task.model).model
    if rewritten is task.model or not sources:
        return None
    with Work.of(rewritten, work.options, work.limit).open() as modern:
        pairs = [(_model_s(task, source), _model_s(modern, source)) for source in sources]
    before, after = zip(*pairs, strict=True)
    return statistics.median(before), statistics.median(after)


def _model_s(task: Task[Any], source: Any) -> float:
    if hasattr(source, "seek"):
        source.seek(0)
    steps = task.steps(source)
    next(steps)
    start = time.perf_counter()
    next(steps)
    return time.perf_counter() - start
