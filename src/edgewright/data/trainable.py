"""What a data set must have before anything is trained on it: classes that can be told apart, samples of each."""

from __future__ import annotations

from collections.abc import Sequence

from edgewright.brief import count
from edgewright.data.dataset import Dataset
from edgewright.data.labels import check_classes
from edgewright.errors import DataError

LEAST = 2
"""Samples of each class: one to train on, one to say how good that is."""


def check_trainable(dataset: Dataset, what: str = "sample", unread: int = 0) -> None:
    """Raise `DataError`, one line, where a classifier cannot be trained on the data; what has no classes passes.

    That is: fewer than two classes, two whose names differ by case or spaces only, one with fewer than two samples.
    `what` is what a sample is called ("picture"), `unread` how many were left out before, as they cannot be read.
    """
    if dataset.y is None:
        return
    check_classes(dataset.classes, dataset.name)
    check_distinct(dataset.classes, dataset.name)
    few = [index for index, number in enumerate(dataset.counts) if number < LEAST]
    if few:
        shown = ", ".join(repr(dataset.classes[index]) for index in few[:5]) + (", ..." if len(few) > 5 else "")
        most = max(dataset.counts[index] for index in few)
        lost = f"; {unread:,} of all cannot be read" if unread else ""
        held = f"holds no {what}" if not most else f"has {'' if len(few) == 1 else 'at most '}{count(most, what)}"
        raise DataError(
            f"{dataset.name}: class {shown} {held}{lost}. A part of each class is trained on, and another part "
            f"says how good that is: add {what}s, at least {LEAST} of each and better dozens, or remove the class"
        )


def check_distinct(classes: Sequence[str], name: str) -> None:
    """Refuse names that differ by case or spaces only: they were meant to be one class. Raises `DataError`."""
    seen: dict[str, str] = {}
    for label in classes:
        first = seen.setdefault(" ".join(label.casefold().split()), label)
        if first is not label:
            raise DataError(
                f"{name}: classes {first!r} and {label!r} differ by case or spaces only. Make them one class, or give "
                "them different names"
            )
