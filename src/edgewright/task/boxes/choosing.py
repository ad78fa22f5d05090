"""Which of the things that a detector finds are shown: by their score, their label, and how many."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import UsageError
from edgewright.task.labels import unknown_label
from edgewright.task.options import Options


@dataclass(frozen=True)
class Choice:
    """What is shown: nothing below `threshold`, at most `most`, and only the classes `allowed`; None: no such limit."""

    threshold: float
    most: int | None = None
    allowed: frozenset[int] | None = None

    @classmethod
    def of(cls, options: Options, labels: tuple[str, ...], *, of_file: float | None, usual: float) -> Choice:
        """Make of the options threshold, most, allow and deny; where those name no threshold, the file or `usual` does.

        Raises `UsageError` for a threshold that is no score, less than one detection, and unknown labels.
        """
        threshold = next(one for one in (options.get("threshold"), of_file, usual) if one is not None)
        if not 0 <= threshold <= 1:
            raise UsageError(f"threshold is {threshold}; scores go from 0 to 1")
        most = options.get("most")
        if most is not None and most < 1:
            raise UsageError(f"most is {most}; at least 1 is needed")
        return cls(float(threshold), most, _allowed(labels, options.get("allow"), options.get("deny")))

    def wanted(self, confidence: npt.NDArray[Any], class_id: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which of the detections (n,) are neither too unsure nor of another class."""
        sure: npt.NDArray[np.bool_] = confidence >= self.threshold
        return sure if self.allowed is None else sure & np.isin(class_id, list(self.allowed))

    def ranked(self, confidence: npt.NDArray[Any], class_id: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
        """Places of the detections that are shown, by falling score."""
        wanted = self.wanted(confidence, class_id)
        order = np.argsort(-confidence, kind="stable")
        return order[wanted[order]][: self.most]


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
