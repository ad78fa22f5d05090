"""`forecast`: a few hundred inputs are really worked on, and what many would take follows from them."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edgewright.engine import check_threads
from edgewright.errors import DataError, UsageError
from edgewright.machine import Progress, describe, run_in_child, silent, usable_cores
from edgewright.model import ModelFile, ModelLike
from edgewright.scale.deaths import Deaths
from edgewright.scale.entry import Entry
from edgewright.scale.forecasting.advice import warnings, wins
from edgewright.scale.forecasting.figures import MACHINES, STAGES, WRITING, Forecast, Sampled, Spread, Workers
from edgewright.scale.forecasting.rates import measure_rates, other_load
from edgewright.scale.forecasting.sampling import Sample, take_sample
from edgewright.scale.forecasting.stages import StageTimes, measure_stages
from edgewright.scale.keeper import TIMEOUT_S, Keeper
from edgewright.scale.listing.stored import writing
from edgewright.scale.listing.words import list_inputs
from edgewright.scale.manifest import FORMS, PIECE, nothing_in
from edgewright.scale.rows.forms import check_form
from edgewright.scale.running import Words, check_piece, work_of
from edgewright.scale.work import Work

# Half a minute is measured; what takes so much longer hangs in one of the inputs.
_MOST_S = 2 * TIMEOUT_S

_TELLING = 1000
"""Names from which on the time of listing them is that of many."""


def forecast(
    model: ModelLike,
    inputs: Words,
    *,
    form: str = FORMS[0],
    piece: int | None = None,
    column: str | None = None,
    top: int | None = None,
    workers: int | None = None,
    machines: Sequence[int] = MACHINES,
    folder: str | os.PathLike[str] | None = None,
    progress: Progress = silent,
    **options: Any,
) -> Forecast:
    """Say what `run` would take for many inputs: time, memory, bytes read and written, and which stage takes most.

    Of at most 20,000 inputs that are listed 300 are worked on, evenly spread, in half a minute or a little more: on one
    thread stage by stage, then by one worker and by as many as `run` has (`workers`, default: the usable cores).
    `machines`: for how many of them it is told. What rows take to be written is tried in `folder` (default: the one for
    temporary files), with a file that has no name; nothing is left there. All other arguments are those of `run`.

    Raises `DataError` where there are no inputs or none of them is answered, and what `run` raises of a model and
    options that do not fit.
    """
    check_form(form)
    check_piece(piece)
    count = usable_cores() if workers is None else workers
    check_threads(count, "workers")
    _check_machines(machines)
    place = _existing(folder)
    others = other_load()
    work = work_of(model, options, top)
    words = [os.fspath(word) for word in ([inputs] if isinstance(inputs, str | os.PathLike) else inputs)]
    sample = _sample(words, work, column)
    times = _times(work, sample, form, piece or PIECE, place, progress)
    stages = _stages(times, piece or PIECE)
    crew = _crew(work, sample.entries[: times.taken], count, stages, times.peak_bytes, progress)
    machine = describe()
    return Forecast(
        model=work.name,
        sha256=work.sha256,
        inputs=tuple(words),
        plural=work.takes().plural,
        form=form,
        piece=piece,
        sampled=_sampled(sample, times),
        stages=stages,
        warm_s=statistics.fmean(times.warm_s) if times.warm_s else None,
        row_bytes=times.row_bytes,
        workers=crew,
        machine=machine,
        machines=tuple(machines),
        wins=tuple(wins(ModelFile(work.model, work.name), stages, times)),
        warnings=tuple(warnings(times, crew, machine.memory_limit_bytes or machine.memory_bytes, others)),
    )


def _check_machines(machines: Sequence[int]) -> None:
    for count in machines:
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise UsageError(f"{count!r} machines: give whole numbers of them, 1 or more")


def _sample(words: Sequence[str], work: Work, column: str | None) -> Sample:
    takes = work.takes()
    sample = take_sample(list_inputs(words, takes, column, ordered=False))
    if not sample.entries:
        raise nothing_in(words, takes)
    return sample


def _times(work: Work, sample: Sample, form: str, piece: int, place: str | None, progress: Progress) -> StageTimes:
    times = run_in_child(measure_stages, work, sample.entries, form, piece, place, timeout=_MOST_S, progress=progress)
    if times.taken == len(times.errors):
        raise DataError(f"none of {times.taken} inputs is answered. The first: {times.errors[0]}")
    return times


def _crew(
    work: Work,
    entries: Sequence[Entry],
    count: int,
    stages: Mapping[str, Spread],
    memory: int | None,
    progress: Progress,
) -> Workers:
    """What the workers do that a run would have; what they may die of is noted in a folder that goes with them."""
    input_s = sum(spread.mean for name, spread in stages.items() if name != WRITING)
    with tempfile.TemporaryDirectory(prefix="edgewright-") as marks:
        deaths = Deaths(Path(marks))
        return measure_rates(lambda: Keeper(work, deaths), entries, count, input_s, memory, progress)


def _existing(folder: str | os.PathLike[str] | None) -> str | None:
    """A folder of results that may not be there yet: the first one above it that is. Raises `OutputError`."""
    if folder is None:
        return None
    path = Path(folder).absolute()
    place = next(parent for parent in (path, *path.parents) if parent.is_dir())
    with writing(place), tempfile.TemporaryFile(dir=place):
        return str(place)


def _stages(times: StageTimes, piece: int) -> dict[str, Spread]:
    writing = times.encode_s + times.sync_s / piece
    seconds = {**times.seconds, WRITING: [writing]}
    return {name: Spread.of(seconds[name]) for name in STAGES if name in seconds}


def _sampled(sample: Sample, times: StageTimes) -> Sampled:
    known = [cold for cold in times.cold if cold is not None]
    return Sampled(
        listed=sample.listed,
        complete=sample.complete,
        names_per_s=sample.listed / sample.seconds if sample.listed >= _TELLING else None,
        name_bytes=sample.name_bytes,
        taken=times.taken,
        broken=len(times.errors),
        cold=sum(known) if len(known) == len(times.cold) else None,
        size=Spread.of(times.sizes) if times.sizes else None,
    )
