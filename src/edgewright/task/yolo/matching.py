"""Sorted boxes of two models in one order: where scores are equal or nearly so, their order says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.task.yolo.form import Form
from edgewright.task.yolo.units import columns

Array = npt.NDArray[Any]

_SIDES = 4


def matched(
    form: Form, reference: Sequence[Array], outputs: Sequence[Array], share: float
) -> tuple[list[Array], list[Array]]:
    """The outputs of two models for one picture with rows in the order of the reference.

    Each of its boxes is put beside the nearest one of the other in sides, score and class, each of which is taken once.
    Those that are no surer than the last one and a `share` of the surest score may be missing in one of the two by
    chance: they become zeros in both, unless the other is surer of what is left over. Outputs of other shapes come
    back as they are.
    """
    places = _places(form)
    if any(reference[place].shape != outputs[place].shape for place in places):
        return list(reference), list(outputs)
    ours, theirs = _rows(form, reference), _rows(form, outputs)
    order = _nearest(ours, theirs)
    scores = ours[:, _SIDES]
    least = scores.min() + share * abs(scores.max())
    dropped = (scores <= least) & (theirs[order, _SIDES] <= least)
    first, second = list(reference), list(outputs)
    for place in places:
        first[place], second[place] = reference[place].copy(), outputs[place][:, order]
        first[place][:, dropped] = second[place][:, dropped] = 0
    return first, second


def _places(form: Form) -> list[int]:
    """The outputs with a row for each box: one, or boxes, scores and behind them classes."""
    return [form.boxes.place] if form.scores is None else [form.boxes.place, form.scores.place, form.scores.place + 1]


def _rows(form: Form, outputs: Sequence[Array]) -> npt.NDArray[np.float64]:
    """(boxes, 6) sides as shares of the largest, score and class."""
    numbers = [columns(outputs, form.boxes), *(outputs[place][0].T for place in _places(form)[1:])]
    rows = np.nan_to_num(np.concatenate(numbers).T[:, : _SIDES + 2].astype(np.float64))
    rows[:, :_SIDES] /= np.abs(rows[:, :_SIDES]).max(initial=1.0)
    return rows


def _nearest(ours: npt.NDArray[np.float64], theirs: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """For each of our rows the place of theirs, each once."""
    distance = np.abs(ours[:, None] - theirs[None]).sum(axis=2)
    order = np.zeros(len(ours), np.intp)
    for place in range(len(ours)):
        order[place] = distance[place].argmin()
        distance[:, order[place]] = np.inf
    return order
