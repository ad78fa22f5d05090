"""What both trainers of series do: cut the windows, train a network of them, and say how it is to be converted."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from edgewright.data import Dataset
from edgewright.errors import DataError, UsageError
from edgewright.machine import Progress, run_in_child
from edgewright.media import HOP, hop_rows
from edgewright.spelling import argument
from edgewright.train.epochs import ENVIRONMENT, Schedule
from edgewright.train.series.learning import NETWORK, Lesson, learn
from edgewright.train.series.recordings import Readings, readings_of, series_of
from edgewright.train.series.windows import Normalization, Varied, Windows
from edgewright.train.trainer import Parts, Plan, Trained

LEAST_PARTS = 100
"""So many parts of recordings an optimization shall have in each part of the data."""

# With fewer windows to train on, an epoch is over before anything was learned.
_FEW_WINDOWS = 8


@dataclass(frozen=True, eq=False)
class Cut:
    """The windows of both parts, what the recordings have in common, and how they are normalized."""

    readings: Readings
    normalization: Normalization
    train: Windows
    validation: Windows

    @staticmethod
    def window_of(dataset: Dataset, plan: Plan) -> int:
        """The rows of a window."""
        return readings_of(series_of(dataset), plan).window


def require(plan: Plan) -> None:
    """Raise `UsageError` for options that are of pictures."""
    plan.refuse("backbone", "thorough", "resize", data="series")
    if plan.epochs == 0:
        raise UsageError(f"{argument('epochs', 0)} trains a head only, and a network of series has no backbone")


def cut(parts: Parts, plan: Plan) -> Cut:
    """Cut the windows of both parts; only what is trained on says how values are normalized."""
    readings = readings_of(series_of(parts.train, parts.validation), plan)
    normalization = Normalization.of(series_of(parts.train))
    hop = hop_rows(plan.hop or HOP, readings.window, readings.rate)
    train, validation = (
        Windows.of(series_of(part), normalization, readings.window, hop) for part in (parts.train, parts.validation)
    )
    if len(train) < _FEW_WINDOWS:
        raise DataError(
            f"{parts.train.name}: {len(train)} windows of {readings.window} rows are too few to train on. Record more, "
            f"or give a shorter window ({argument('window', max(readings.window // 4, 4))})"
        )
    return Cut(readings, normalization, train, validation)


def taught(
    windows: Cut, samples: Varied, targets: Any, classes: int, schedule: Schedule, plan: Plan, progress: Progress
) -> Trained:
    """Train in a child process. `targets`: what is right for the windows of the validation part."""
    schedule = dataclasses.replace(schedule, epochs=plan.epochs or schedule.epochs, seed=plan.seed)
    lesson = Lesson(samples, windows.validation.all(), targets, classes, schedule, plan.folder)
    epochs, weights = run_in_child(learn, lesson, env=ENVIRONMENT, progress=progress)
    readings, normalization = windows.readings, windows.normalization
    return Trained(
        network=plan.folder / NETWORK,
        conversion={
            "task": "series",
            "columns": readings.columns or None,
            "rate": readings.rate,
            "normalization": (normalization.mean, normalization.std),
        },
        preparation=_said_hop(plan.hop, windows),
        epochs=epochs,
        facts={
            "columns": list(readings.columns),
            "rate": readings.rate,
            "window": readings.window,
            "windows": len(windows.train),
            "weights": weights,
        },
        notices=_of_constants(windows),
    )


def _said_hop(hop: float | str | None, windows: Cut) -> dict[str, float]:
    """What the file is to say of it, in seconds; nothing where nothing was said."""
    if hop is None:
        return {}
    is_share = isinstance(hop, str) and hop.endswith("%")
    return {"hop": windows.train.hop / windows.readings.rate if is_share else float(hop)}


def _of_constants(windows: Cut) -> tuple[str, ...]:
    names = windows.readings.columns
    still = [names[place] if names else f"column {place + 1}" for place in windows.normalization.constant]
    if not still:
        return ()
    return (f"Nothing changes in {', '.join(still[:5])} of what was trained on: it says nothing about the rest.",)
