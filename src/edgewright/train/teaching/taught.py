"""What was taught: the file, and what it says of each of its own pictures when that is left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.brief import line_of
from edgewright.evaluate import Interval, wilson
from edgewright.model import ModelFile

NEEDED = 1.5
"""So many times as often as by guessing pictures that were left out have to be told right."""


@dataclass(frozen=True)
class OfClass:
    """One class: how many pictures it has, and how many of them were told right when they were left out."""

    label: str
    count: int
    right: int

    @property
    def share(self) -> float:
        """The share of those that were told right."""
        return self.right / self.count


@dataclass(frozen=True)
class Confused:
    """How often pictures of one class were taken for another."""

    label: str
    taken_for: str
    count: int


@dataclass(frozen=True, eq=False)
class Taught:
    """A classifier that was taught, and how well it tells pictures apart that it was not shown.

    `model` is the file; None where the backbone cannot tell the classes apart and nobody asked for it all the same.
    `classes` and `left_out` (n,) are the class of each picture, and the one that all others together say of it.
    `features` are how many numbers the backbone gives, `cut` where. `unread`: names of pictures that cannot be read,
    with the reason. `twice`: pictures that are there twice, of which one counts; `at_odds`: the same under two classes.
    `difference`: the largest difference between the file's probabilities and those of the same head in NumPy.
    """

    model: ModelFile | None
    backbone: str
    data: str
    labels: tuple[str, ...]
    classes: npt.NDArray[np.int64]
    left_out: npt.NDArray[np.int64]
    features: int
    cut: str
    regularization: float
    factor: float
    difference: float
    unread: tuple[tuple[str, str], ...] = ()
    twice: tuple[tuple[str, str], ...] = ()
    at_odds: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def right(self) -> int:
        """How many pictures were told right when they were left out."""
        return int((self.classes == self.left_out).sum())

    @property
    def accuracy(self) -> float:
        """The share of the pictures that were told right when they were left out."""
        return self.right / len(self.classes)

    @property
    def interval(self) -> Interval:
        """The 95% interval of the accuracy."""
        return wilson(self.right, len(self.classes))

    @property
    def balanced(self) -> float:
        """The mean of the classes' shares: the accuracy where all classes are as large."""
        return sum(of_class.share for of_class in self.by_class) / len(self.by_class)

    @property
    def uneven(self) -> bool:
        """Whether some classes have more pictures than others."""
        return len({of_class.count for of_class in self.by_class}) > 1

    @property
    def chance(self) -> float:
        """The share that guessing gets right in the mean of the classes."""
        return 1 / len(self.labels)

    @property
    def tells_apart(self) -> bool:
        """Whether it is enough better than guessing."""
        return self.balanced >= NEEDED * self.chance

    @cached_property
    def by_class(self) -> tuple[OfClass, ...]:
        """The classes, in the order of the labels."""
        return tuple(
            OfClass(label, int(mine.sum()), int((self.left_out[mine] == index).sum()))
            for index, label in enumerate(self.labels)
            for mine in [self.classes == index]
        )

    @cached_property
    def confused(self) -> tuple[Confused, ...]:
        """What was taken for what, the most frequent first."""
        pairs = Counter(zip(self.classes.tolist(), self.left_out.tolist(), strict=True))
        wrong = sorted(((-count, pair) for pair, count in pairs.items() if pair[0] != pair[1]))
        return tuple(Confused(self.labels[true], self.labels[said], -count) for count, (true, said) in wrong)

    def __repr__(self) -> str:
        """What matters in one line."""
        right = f"{self.right} of {len(self.classes)} pictures told right"
        return line_of(self, f"{len(self.labels)} classes", right, "" if self.model is not None else "no model")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "backbone": self.backbone,
            "data": self.data,
            "pictures": len(self.classes),
            "features": self.features,
            "cut": self.cut,
            "leave_one_out": {
                "accuracy": self.accuracy,
                "interval95": list(self.interval),
                "balanced_accuracy": self.balanced,
                "chance": self.chance,
            },
            "tells_apart": self.tells_apart,
            "classes": [
                {"label": of_class.label, "pictures": of_class.count, "right": of_class.right}
                for of_class in self.by_class
            ],
            "confused": [
                {"label": pair.label, "taken_for": pair.taken_for, "count": pair.count} for pair in self.confused
            ],
            "regularization": self.regularization,
            "logit_factor": self.factor,
            "largest_difference": self.difference,
            "unread": [{"input": name, "error": error} for name, error in self.unread],
            "twice": [list(pair) for pair in self.twice],
            "at_odds": [list(pair) for pair in self.at_odds],
            "notices": list(self.notices),
        }
