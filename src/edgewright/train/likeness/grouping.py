"""From pairs to groups: what hangs together is one group, unless that swallows a class.

A video of a cup is one chain from its first frame to its last. A class that is a single group could not be in both
parts of a split, so such a chain is cut where its pictures differ most, and that is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgewright.train.likeness.alike import COPY, Link

Array = npt.NDArray[np.int64]

# A group with more than this share of a class, or of all pictures, is cut.
_SWALLOWED = 0.5

# Of a group that is cut, a piece has at most this share of a class, or so many pictures where that is half of it.
_PIECE, _SMALL = 0.2, 10


@dataclass(frozen=True, eq=False)
class Groups:
    """`numbers` (n,), from 0 in the order of their first members; `cut`: the classes of which chains were cut."""

    numbers: Array
    cut: tuple[int, ...] = ()


def grouped(links: Sequence[Link], classes: Array) -> Groups:
    """The groups of n samples; `links` in the order of what is to stay together first, `classes` (n,) of each."""
    whole = _united(links, classes, lambda _link, _together: True)
    large = _too_large(whole, classes)
    if not large.any():
        return Groups(_numbered(whole))
    most = _most_in_a_piece(classes)
    pieces = _united(
        links,
        classes,
        lambda link, together: (
            link.distance <= COPY
            or not large[whole[link.first]]
            or all(number <= most[label] for label, number in together.items())
        ),
    )
    return Groups(_numbered(pieces), _cut(whole, pieces, classes))


def _united(links: Iterable[Link], classes: Array, may: Callable[[Link, Counter[int]], bool]) -> Array:
    """The root (n,) of each sample when all pairs are united that `may` be, as it sees how many of each class meet."""
    parents = list(range(len(classes)))
    members = [Counter({int(label): 1}) for label in classes]
    for link in links:
        first, second = sorted((_root(parents, link.first), _root(parents, link.second)))
        if first != second and may(link, together := members[first] + members[second]):
            parents[second], members[first] = first, together
            members[second] = Counter()
    return np.array([_root(parents, place) for place in range(len(parents))], np.int64)


def _root(parents: list[int], place: int) -> int:
    while parents[place] != place:
        parents[place] = place = parents[parents[place]]
    return place


def _too_large(roots: Array, classes: Array) -> npt.NDArray[np.bool_]:
    """Which places (n,) are roots of groups with more than half of a class, or of all."""
    large = np.bincount(roots, minlength=len(roots)) > max(_SWALLOWED * len(roots), 1)
    for label, total in enumerate(np.bincount(classes)):
        large |= np.bincount(roots[classes == label], minlength=len(roots)) > max(_SWALLOWED * total, 1)
    return large


def _cut(whole: Array, pieces: Array, classes: Array) -> tuple[int, ...]:
    """The classes that are in several pieces of what was one group."""
    return tuple(int(label) for label in np.unique(classes[pieces != whole]))


def _most_in_a_piece(classes: Array) -> Array:
    """For each class, how many of it a piece may have."""
    counts = np.bincount(classes)
    most: Array = np.maximum(np.ceil(counts * _PIECE), np.minimum(np.ceil(counts / 2), _SMALL)).astype(np.int64)
    return most


def _numbered(roots: Array) -> Array:
    """The same groups, numbered from 0 without gaps."""
    numbers: Array = np.unique(roots, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return numbers
