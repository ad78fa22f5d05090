"""Which output of the model each class of the data is: by its name, else by its number; never guessed in silence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import Samples
from edgewright.errors import DataError, UsageError
from edgewright.evaluate import wilson
from edgewright.model import ModelFile
from edgewright.task import match_labels

_SHOWN = 5

# Right answers up to so many times as often as by guessing are no sign that the labels mean what the model means.
_GUESSING = 1.2


@dataclass(frozen=True, eq=False)
class Matched:
    """The names of the model's outputs, and for each sample which output is right, (n,) int64; None without labels."""

    classes: tuple[str, ...]
    labels: npt.NDArray[np.int64] | None
    notices: tuple[str, ...]


def match_classes(model: ModelFile, samples: Samples) -> Matched:
    """Find the model's output for every label of the data.

    A class is the output of the same name (case and punctuation aside). Numbered classes are output indices. Where the
    model has no names, as many classes as outputs are taken in the data's order, and a notice says so.

    Raises UsageError where the model is no classifier with one row of outputs, DataError where a class has no output.
    """
    outputs, known, notices = _outputs(model)
    if samples.y is None:
        return Matched(outputs, None, notices)
    present = sorted({int(label) for label in samples.y})
    place, more = _places(model, samples, present, outputs, known)
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


def _places(
    model: ModelFile, samples: Samples, present: Sequence[int], outputs: tuple[str, ...], known: bool
) -> tuple[dict[int, int], tuple[str, ...]]:
    """The output for each class of the data that has a sample."""
    by_name = _by_name(samples, present, outputs) if known else {}
    if len(by_name) == len(present):
        return by_name, ()
    if samples.classes == tuple(str(index) for index in range(len(samples.classes))):
        return _by_number(model, samples, present, len(outputs))
    if known:
        raise _unknown(model, samples, [label for label in present if label not in by_name], outputs)
    if len(samples.classes) != len(outputs):
        raise DataError(
            f"{samples.name}: {len(samples.classes)} classes for the {len(outputs)} outputs of {model.name}, which has "
            "no labels inside. Give data of all classes, or a model with labels"
        )
    notice = f"The model has no labels: its outputs were taken for {_listed(samples.classes)}, in this order."
    return {label: label for label in present}, (notice,)


def _by_name(samples: Samples, present: Sequence[int], outputs: tuple[str, ...]) -> dict[int, int]:
    exact, loose = _unique(outputs), _unique([_plain(name) for name in outputs])
    found: dict[int, int] = {}
    for label in present:
        name = samples.classes[label]
        place = exact.get(name, loose.get(_plain(name)))
        if place is not None and place not in found.values():
            found[label] = place
    return found


def _unique(names: Sequence[str]) -> dict[str, int]:
    """The place of each name that stands for one output only: ImageNet has two kinds of crane."""
    counts = Counter(names)
    return {name: place for place, name in enumerate(names) if counts[name] == 1}


def _plain(name: str) -> str:
    """A name as it survives in the name of a folder: "T-shirt/top" is T-shirt_top."""
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


def _by_number(
    model: ModelFile, samples: Samples, present: Sequence[int], width: int
) -> tuple[dict[int, int], tuple[str, ...]]:
    if present[-1] >= width:
        raise DataError(
            f"{samples.name}: label {present[-1]}, but {model.name} has the outputs 0 to {width - 1}. "
            "Are these data of another model, or do the labels not count from 0?"
        )
    return {label: label for label in present}, ()


def _unknown(model: ModelFile, samples: Samples, unknown: Sequence[int], outputs: tuple[str, ...]) -> DataError:
    first = samples.classes[unknown[0]]
    more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
    return DataError(
        f"{samples.name}: class {first!r}{more} is none of the {len(outputs)} labels of {model.name}: "
        f"{_listed(outputs)}. Name the classes as the model does, or number them as its outputs"
    )


def _listed(names: Sequence[Any]) -> str:
    return ", ".join(map(str, names[:_SHOWN])) + (", ..." if len(names) > _SHOWN else "")
