"""What names of files say: which pictures follow one another, and whether their numbers go through the classes."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

# The last number of a name: IMG_1118.JPG, frame-0012.crop.png, cup (3).jpg.
_NUMBER = re.compile(r"^(.*?)(\d+)(\D*)$")

# Numbers that differ by more are no neighbors: one that was deleted may lie between two.
_STEP = 2

# Of one pass through the classes: a few that were deleted may lie between two.
_PASS_STEP = 10

# The share of numbers that lead to the next class, and how often they go through all, before that is no chance.
_REGULAR, _PASSES = 0.75, 3

# The share of different numbers from which on folders are of one series; a few pictures may have been copied.
_ONCE = 0.9

Links = list[tuple[int, int]]


Key = tuple[str, ...]


def neighbors(inputs: Sequence[Any]) -> Links:
    """Pairs of files, by their places, whose names differ in their number alone, and in that by two at the most.

    They lie in one folder, or are all of one series whose numbers are nowhere repeated, as a camera counts.
    """
    links = set[tuple[int, int]]()
    for series in (*_series(inputs, by_folder=True), *_camera_series(inputs)):
        links |= {_ordered(a, b) for (a, m), (b, n) in pairwise(series) if 0 < n - m <= _STEP}
    return sorted(links)


def passes(inputs: Sequence[Any], classes: npt.NDArray[np.int64]) -> Links:
    """Pairs of files whose numbers show that all classes were taken in turn, again and again: of one pass each.

    IMG_1118 is of class 0, IMG_1119 of class 1, and so on to the last and from the first again: each pass is most
    often one person, or one place. Empty where numbers do not lead from each class to the same next one.
    """
    links: Links = []
    for series in _camera_series(inputs):
        order = _order([int(classes[place]) for place, _ in series])
        close = [(a, b) for (a, m), (b, n) in pairwise(series) if n - m <= _PASS_STEP]
        links += [_ordered(a, b) for a, b in close if order and order[int(classes[a])] < order[int(classes[b])]]
    return links


def _order(classes: list[int]) -> dict[int, int]:
    """The place of each class in a pass, the first picture's class first; empty where there are no passes."""
    steps = defaultdict[int, Counter[int]](Counter)
    for before, after in pairwise(classes):
        steps[before][after] += 1
    following = {label: nexts.most_common(1)[0] for label, nexts in steps.items()}
    regular = sum(times for _, times in following.values())
    round_trip = _round_trip({label: after for label, (after, _) in following.items()}, classes[0])
    if len(round_trip) < max(len(set(classes)), 2) or len(classes) < _PASSES * len(round_trip):
        return {}
    return {label: place for place, label in enumerate(round_trip)} if regular >= _REGULAR * (len(classes) - 1) else {}


def _round_trip(following: dict[int, int], first: int) -> list[int]:
    """The classes from the first one on, until one comes again; empty where that is not the first."""
    seen = [first]
    while (after := following.get(seen[-1])) is not None and after not in seen:
        seen.append(after)
    return seen if after == first else []


def _camera_series(inputs: Sequence[Any]) -> list[list[tuple[int, int]]]:
    """Series over all folders, where hardly a number is there twice; of those that are, the first one counts."""
    found = [
        (series, dict(reversed([(n, place) for place, n in series]))) for series in _series(inputs, by_folder=False)
    ]
    return [
        sorted(((place, number) for number, place in once.items()), key=lambda one: one[1])
        for series, once in found
        if len(once) >= _ONCE * len(series)
    ]


def _series(inputs: Sequence[Any], *, by_folder: bool) -> list[list[tuple[int, int]]]:
    """(place, number) of the files of each series, by number."""
    found = defaultdict[Key, list[tuple[int, int]]](list)
    for place, item in enumerate(inputs):
        path = Path(item) if isinstance(item, str | os.PathLike) else None
        parts = _NUMBER.match(path.stem) if path else None
        if path and parts:
            found[(str(path.parent) if by_folder else "", parts[1], parts[3])].append((place, int(parts[2])))
    return [sorted(series, key=lambda one: one[1]) for series in found.values()]


def _ordered(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)
