"""What is said of samples that were compared: which cannot be read, are in two classes, or were cut apart."""

from __future__ import annotations

from collections.abc import Sequence

from edgewright.brief import count
from edgewright.data import Dataset
from edgewright.train.likeness.grouping import Groups

_SHOWN = 3


def of_unread(unread: Sequence[tuple[str, str]], total: int, kind: str) -> list[str]:
    """`unread`: (name, reason) of those of `total` that cannot be read; `kind` is one of them in a word: "picture"."""
    if not unread:
        return []
    return [f"{len(unread):,} of {count(total, kind)} cannot be read. The first: {unread[0][1]}."]


def of_two_classes(dataset: Dataset, same: Sequence[tuple[int, int]], kind: str) -> list[str]:
    """`same`: places of samples that are one and the same; of two in different classes one is wrong."""
    if dataset.y is None:
        return []
    labels = dataset.labels
    pairs = [(a, b) for a, b in same if labels[a] != labels[b]]
    shown = [
        f"{dataset.input_name(a)} ({dataset.classes[labels[a]]}) and {dataset.input_name(b)} "
        f"({dataset.classes[labels[b]]}) are the same {kind} in two classes; one of them is wrong."
        for a, b in pairs[:_SHOWN]
    ]
    more = len(pairs) - len(shown)
    return [*shown, *([f"{count(more, 'more pair')} of classes share a {kind}."] if more else [])]


def classes_cut(dataset: Dataset, groups: Groups) -> str:
    """Of which classes chains were cut, "of class 'cup', 'mug' "; "" where there are no classes."""
    names = ", ".join(repr(dataset.classes[label]) for label in groups.cut[:_SHOWN] if dataset.classes)
    return f"of class {names}{', …' if len(groups.cut) > _SHOWN else ''} " if names else ""
