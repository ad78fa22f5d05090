"""The pictures of a data set that count: read once, those left out that cannot be, and grouped by what is alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.brief import count
from edgewright.data import Dataset, check_trainable
from edgewright.errors import DataError
from edgewright.machine import Progress
from edgewright.train.likeness.alike import Link, alike, alike_neighbors, found_in, same
from edgewright.train.likeness.grouping import Groups, grouped
from edgewright.train.likeness.hashing import Looks, looks_of, thumbnail
from edgewright.train.likeness.numbering import neighbors, passes
from edgewright.train.likeness.wording import classes_cut, of_two_classes, of_unread
from edgewright.train.trainer import Material


def picture_material(dataset: Dataset, progress: Progress) -> Material:
    """Look at every picture: which cannot be read, which are nearly the same, which were taken in one go.

    Nearly the same are copies stored again, made smaller, lit anew or in a mirror; and neighbors by the number in their
    names that are somewhat alike, as consecutive frames are. Where the numbers go through all classes again and again,
    each pass is taken for one person's or one place's, and stays together.

    Raises `DataError` where none can be read, or what is left is nothing to train on (`data.check_trainable`).
    """
    check_trainable(dataset, "picture")
    seen = _look(dataset, progress)
    readable = dataset.take(seen.places) if seen.unread else dataset
    check_trainable(readable, "picture", unread=len(seen.unread))
    looks = looks_of(np.stack(seen.thumbnails))
    classes = np.zeros(len(readable), np.int64) if readable.y is None else readable.labels
    links = _links(readable, looks, classes, progress)
    groups = grouped([*links.near, *links.followed, *links.taken], classes)
    said = (*of_unread(seen.unread, len(dataset), "picture"), *links.said(), *_said_of_cuts(readable, groups))
    copies = [(a, b) for _, a, b in links.near if classes[a] != classes[b] and same(looks, a, b)]
    said = (*said, *of_two_classes(readable, copies, "picture"))
    apart = "" if groups.cut else "none of them nearly the same"
    return Material(readable, groups.numbers, tuple(seen.unread), said, apart, looks)


def seen_again(looks: Looks, test: Dataset, progress: Progress) -> tuple[str, ...]:
    """A notice where pictures of the test data are nearly the same as those that `looks` are of."""
    seen = _look(test, progress)
    again = int(found_in(looks, looks_of(np.stack(seen.thumbnails)), progress).sum())
    if not again:
        return ()
    return (
        f"{again:,} of the {len(test):,} test samples look nearly the same as ones that were trained on: the figure "
        "flatters.",
    )


@dataclass
class _Seen:
    """The pictures that can be read: where they are, and how they look; and of the others (name, reason)."""

    places: list[int] = field(default_factory=list)
    thumbnails: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)


def _look(dataset: Dataset, progress: Progress) -> _Seen:
    seen = _Seen()
    items = _as_pictures(dataset.inputs)
    for place, item in enumerate(items):
        progress("Looking at pictures", place, len(items))
        try:
            seen.thumbnails.append(thumbnail(item))
            seen.places.append(place)
        except DataError as problem:
            seen.unread.append((dataset.input_name(place), str(problem)))
    progress("Looking at pictures", len(items), len(items))
    if not seen.places:
        raise DataError(f"{dataset.name}: none of its pictures can be read. The first: {seen.unread[0][1]}")
    return seen


def _as_pictures(inputs: Any) -> Any:
    """Arrays of other numbers than bytes, from their least to their greatest as 0 to 255: to compare, not to train."""
    if not isinstance(inputs, np.ndarray) or inputs.dtype == np.uint8:
        return inputs
    low, high = float(inputs.min()), float(inputs.max())
    scale = 255 / (high - low) if high > low else 0.0
    return [np.rint((one.astype(np.float64) - low) * scale).astype(np.uint8) for one in inputs]


@dataclass(frozen=True)
class _Links:
    """What stays together: nearly the same, neighbors that are somewhat alike, of one pass through the classes."""

    near: list[Link]
    followed: list[Link]
    taken: list[Link]

    def said(self) -> list[str]:
        """A sentence for each kind that there is."""
        sentences = [
            (self.near, "{} are nearly the same as others; such stay in one part."),
            (
                self.followed,
                "{} follow one another by number and look somewhat alike, as frames do; such stay in one part.",
            ),
            (
                self.taken,
                "The numbers of {} go through all classes again and again: each pass may show one person, and stays in "
                "one part.",
            ),
        ]
        return [sentence.format(count(_members(links), "picture")) for links, sentence in sentences if links]


def _links(dataset: Dataset, looks: Looks, classes: npt.NDArray[np.int64], progress: Progress) -> _Links:
    named: Sequence[Any] = () if isinstance(dataset.inputs, np.ndarray) else dataset.inputs
    taken = passes(named, classes)
    followed = alike_neighbors(looks, sorted(set(neighbors(named)) - set(taken)))
    return _Links(alike(looks, progress), followed, [Link(1.0, *pair) for pair in taken])


def _members(links: list[Link]) -> int:
    return len({place for link in links for place in (link.first, link.second)})


def _said_of_cuts(dataset: Dataset, groups: Groups) -> list[str]:
    if not groups.cut:
        return []
    return [
        f"Most pictures {classes_cut(dataset, groups)}hang together, as frames of one video do. They were cut where "
        "they differ most, so what is measured may be too good: take pictures at other places and times too."
    ]
