"""Which output of the model each class of the data is: by its name, else by its number; never guessed in silence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgewright.data import Dataset
from edgewright.errors import DataError, UsageError
from edgewright.evaluate import Outputs, wilson
from edgewright.evaluate import match_classes as places_of
from edgewright.model import ModelFile
from edgewright.task import match_labels

# Right answers up to so many times as often as by guessing are no sign that the labels mean what the model means.
_GUESSING = 1.2


@dataclass(frozen=True, eq=False)
class Matched:
    """The names of the model's outputs, and for each sample which output is right, (n,) int64; None without labels."""

    classes: tuple[str, ...]
    labels: npt.NDArray[np.int64] | None
    notices: tuple[str, ...]


def match_classes(model: ModelFile, samples: Dataset) -> Matched:
    """Find the model's output for every label of the data.

    A class is the output of the same name (case and punctuation aside). Numbered classes are output indices. Where the
    model has no names, as many classes as outputs are taken in the data's order, and a notice says so.

    Raises UsageError where the model is no classifier with one row of outputs, DataError where a class has no output.
    """
    outputs, known, notices = _outputs(model)
    if samples.y is None:
        return Matched(outputs, None, notices)
    place, more = places_of(samples, Outputs(model.name, outputs, known))
    return Matched(outputs, np.array([place[int(label)] for label in samples.y], np.int64), notices + more)


def check_plausible(labels: npt.NDArray[np.int64], answers: npt.ArrayLike, name: str) -> None:
    """Refuse labels that the float model hits no more often than by guessing: they mean something else.

    `labels` and `answers` (n,) class indices. Guessing among the k classes that occur is right in one of k.
    Raises DataError.
    """
    right, total = int((labels == np.asarray(answers)).sum()), len(labels)
    guessing = 1 / max(len(np.unique(labels)), 1)
    if total and right / total <= _GUESSING * guessing and wilson(right, total).low <= guessing:
        raise DataError(
            f"{name}: the float model is right on {right} of {total} samples, no better than guessing. Are the labels "
            "those of this model, counted from the same class on, and its inputs prepared as it was trained?"
        )


def _outputs(model: ModelFile) -> tuple[tuple[str, ...], bool, tuple[str, ...]]:
    """The name of each output, whether the file has names, and what had to be understood."""
    if len(model.outputs) != 1 or model.outputs[0].elements < 2:
        shapes = ", ".join(str(list(spec.shape)) for spec in model.outputs)
        raise UsageError(f"{model.name}: outputs of shapes {shapes}. Expected a classifier: one row of scores")
    own = model.metadata.outputs[0].labels if model.metadata.outputs else ()
    try:
        names, notice = match_labels(own, model.outputs[0].elements)
    except UsageError as problem:
        raise UsageError(f"{model.name}: {problem}") from None
    return names, bool(own), (notice,) if notice and own else ()
