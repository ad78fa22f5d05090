"""Which of the things that a detector finds are shown: by their score, their label, and how many."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import UsageError
from edgewright.spelling import argument
from edgewright.task.labels import unknown_label
from edgewright.task.numbers.limits import at_least_one, share
from edgewright.task.numbers.scores import threshold_of
from edgewright.task.options import Options


@dataclass(frozen=True)
class Choice:
    """What is shown: nothing below `threshold`, at most `most`, and only the classes `allowed`; None: no such limit.

    `own` are the thresholds of classes that have another one, by their index; then `threshold` is the least of all, and
    `others` that of the other classes.
    """

    threshold: float
    most: int | None = None
    allowed: frozenset[int] | None = None
    own: Mapping[int, float] = field(default_factory=dict)
    others: float = 0.0

    @classmethod
    def of(cls, options: Options, labels: tuple[str, ...], *, of_file: float | None, usual: float) -> Choice:
        """Make of the options threshold, most, allow and deny; where those name no threshold, the file or `usual` does.

        `threshold` is one score, or those of labels that have another one; there None is all other labels.
        Raises `UsageError` for a threshold that is no score, less than one detection, and unknown labels.
        """
        given = options.get("threshold")
        by_label: dict[Any, Any] = dict(given) if isinstance(given, Mapping) else {None: given}
        others = threshold_of(by_label.pop(None, None), of_file, usual)
        own = {
            index: share(score, f"{argument('threshold')} of {label!r}")
            for label, score in by_label.items()
            for index in _indices(label, labels)
        }
        most = at_least_one(options.get("most"))
        allowed = _allowed(labels, options.get("allow"), options.get("deny"))
        return cls(min([others, *own.values()]), most, allowed, own, others)

    def wanted(self, confidence: npt.NDArray[Any], class_id: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which of the detections (n,) are neither too unsure nor of another class."""
        # What has a score of 0 fills up a list, and is nothing that was found.
        sure: npt.NDArray[np.bool_] = (confidence >= self.threshold) & (confidence > 0)
        if self.own:
            of_each = [self.own.get(index, self.others) for index in class_id.tolist()]
            sure = (confidence >= np.array(of_each, confidence.dtype)) & (confidence > 0)
        return sure if self.allowed is None else sure & np.isin(class_id, list(self.allowed))

    def ranked(self, confidence: npt.NDArray[Any], class_id: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
        """Places of the detections that are shown, by falling score."""
        wanted = self.wanted(confidence, class_id)
        order = np.argsort(-confidence, kind="stable")
        return order[wanted[order]][: self.most]


def _indices(label: str, labels: tuple[str, ...]) -> list[int]:
    """All classes that have a label: some files have one twice."""
    found = [index for index, known in enumerate(labels) if known == label]
    if not found:
        raise UsageError(unknown_label(label, labels))
    return found


def _allowed(
    labels: tuple[str, ...], allow: Collection[str] | None, deny: Collection[str] | None
) -> frozenset[int] | None:
    """The classes that are shown; None for all."""
    if allow is None and deny is None:
        return None
    for label in (*(allow or ()), *(deny or ())):
        if label not in labels:
            raise UsageError(unknown_label(label, labels))
    shown = set(labels if allow is None else allow) - set(deny or ())
    return frozenset(index for index, label in enumerate(labels) if label in shown)
