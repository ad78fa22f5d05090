"""Windows of sounds and series as a task takes them, and its answer with the times that the window has."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import numpy as np

from edgewright.agent.capture.signal import Signal
from edgewright.media import Series

R = TypeVar("R")


def as_input(signal: Signal, kind: str) -> Any:
    """One window: of a "sound" samples with their rate, else rows with the times that its rate gives them."""
    if kind == "sound":
        return signal.values, signal.rate
    times = np.arange(len(signal)) / signal.rate if signal.rate else None
    return Series(signal.values, (), times, "the window")


def placed(result: R, signal: Signal) -> R:
    """The result with spans from where the window begins, where it has such, and not from 0."""
    spans: Any = getattr(result, "spans", None)
    if signal.at_s is None or not isinstance(spans, np.ndarray) or not dataclasses.is_dataclass(result):
        return result
    moved: Any = dataclasses.replace(result, spans=spans + signal.at_s)  # type: ignore[type-var]
    return moved  # type: ignore[no-any-return]
