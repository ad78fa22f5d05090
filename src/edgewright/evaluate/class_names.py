"""Which label of a model each class of the data is: by its name, else by its number; never guessed in silence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from edgewright.data import ClassTarget, Dataset
from edgewright.errors import DataError
from edgewright.model import ModelFile
from edgewright.task import TaskKind, kind_of, nearest_labels

_SHOWN = 5


class Outputs(NamedTuple):
    """What a model can say: its `name` for messages, `labels`, whether they are `named` or only numbers.

    `labels` may be empty where nobody knows how many there are.
    """

    name: str
    labels: Sequence[str]
    named: bool

    @classmethod
    def of(cls, name: str, labels: Sequence[str]) -> Outputs:
        """What a task can say: its labels are numbers only where they are "class 0", "class 1" and so on."""
        return cls(name, labels, named=tuple(labels) != tuple(f"class {index}" for index in range(len(labels))))


class Places(NamedTuple):
    """For each class of the data that occurs, its place among the model's labels; and what had to be understood."""

    by_class: Mapping[int, int]
    notices: tuple[str, ...] = ()


def kind_for(model: ModelFile, dataset: Dataset, options: Mapping[str, Any]) -> TaskKind:
    """Find the kind of a model that is to be scored: a row that may be anything is one of the classes of the data.

    Without labels too: then what is best in it is compared. `options` are those of `task.open_task`, the task among
    them. Raises as `task.kind_of` does.
    """
    labels = dataset.classes if isinstance(dataset.target(0), ClassTarget) else ()
    return kind_of(model, options.get("task"), {"labels": labels, **options}, or_tensors=False)


def match_classes(data: Dataset, outputs: Outputs) -> Places:
    """Find the model's label for every class of the data that occurs.

    A class is the label of the same name (case and punctuation aside). Numbered classes are places of labels. Where the
    model has no names, as many classes as outputs are taken in the data's order, and a notice says so.

    Raises DataError where a class has no label.
    """
    present = _present(data)
    by_name = _by_name(data, present, outputs.labels) if outputs.named else {}
    if len(by_name) == len(present):
        return Places(by_name)
    if data.classes == tuple(str(index) for index in range(len(data.classes))):
        return Places(_by_number(data, present, outputs), _numbers_named(present, outputs))
    if outputs.named:
        raise _unknown(data, [label for label in present if label not in by_name], outputs)
    if outputs.labels and len(data.classes) != len(outputs.labels):
        raise DataError(
            f"{data.name}: {len(data.classes)} classes for the {len(outputs.labels)} outputs of {outputs.name}, which "
            "has no labels inside. Give data of all classes, or a model with labels"
        )
    notice = f"The model has no labels: its outputs were taken for {_listed(data.classes)}, in this order."
    return Places({label: label for label in present}, (notice,))


def _present(data: Dataset) -> list[int]:
    if data.y is not None:
        return sorted(set(data.y.tolist()))
    return sorted(frozenset[int]().union(*(target.classes for target in data.targets or ())))


def _by_name(data: Dataset, present: Sequence[int], labels: Sequence[str]) -> dict[int, int]:
    exact, loose = _unique(labels), _unique([_plain(name) for name in labels])
    found: dict[int, int] = {}
    for label in present:
        name = data.classes[label]
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


def _by_number(data: Dataset, present: Sequence[int], outputs: Outputs) -> dict[int, int]:
    width = len(outputs.labels)
    if width and present and present[-1] >= width:
        raise DataError(
            f"{data.name}: label {present[-1]}, but {outputs.name} has the outputs 0 to {width - 1}. "
            "Are these data of another model, or do the labels not count from 0?"
        )
    return {label: label for label in present}


def _numbers_named(present: Sequence[int], outputs: Outputs) -> tuple[str, ...]:
    if not outputs.named or not present:
        return ()
    shown = outputs.labels[present[0]]
    return (f"The classes are numbers, taken for places in the model's output: {present[0]} is {shown!r}.",)


def _unknown(data: Dataset, unknown: Sequence[int], outputs: Outputs) -> DataError:
    first = data.classes[unknown[0]]
    more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
    near = nearest_labels(first, outputs.labels)
    shown = f"the nearest are {_listed(near)}" if near else f"these are {_listed(outputs.labels)}"
    return DataError(
        f"{data.name}: class {first!r}{more} is none of the {len(outputs.labels)} labels of {outputs.name}; {shown}. "
        "Name the classes as the model does, or number them as its outputs"
    )


def _listed(names: Sequence[Any]) -> str:
    return ", ".join(map(str, names[:_SHOWN])) + (", ..." if len(names) > _SHOWN else "")
