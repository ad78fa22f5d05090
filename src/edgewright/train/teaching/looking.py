"""The features of a data set: every picture through the backbone once; what cannot be read, what is there twice."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import Dataset
from edgewright.errors import DataError
from edgewright.hub import load
from edgewright.machine import Crew, Progress
from edgewright.model import ModelFile
from edgewright.task import Answer, Embedding, Opening, Task, stream_on
from edgewright.train.teaching.backbone import Backbone

LEAST = 2
"""Pictures of each class: one to learn from when the other is left out."""

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Seen:
    """What the backbone says of the pictures that count.

    `features` (n, width) float32 of length 1, `classes` (n,) and `places` (n,), where they are in the data set.
    `unread`: (name, reason); `twice`: (name, name of the same picture that counts), `at_odds` where that is of another
    class: then both count.
    """

    features: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    unread: Pairs
    twice: Pairs
    at_odds: Pairs
    notices: tuple[str, ...] = ()


def look(
    backbone: Backbone, dataset: Dataset, workers: int | None, progress: Progress, crew: Crew | None = None
) -> Seen:
    """Give every picture to the backbone. Raises `DataError` where a class has less than two that can be read."""
    extractor = backbone.extractor()
    with (
        load(extractor, threads=1) as task,
        closing(
            task.stream(dataset.inputs, workers=workers) if crew is None else _crewed(crew, extractor, dataset, task)
        ) as answers,
    ):
        seen = replace(_Gathering(dataset).all_of(answers, progress), notices=task.notices)
    counts = np.bincount(seen.classes, minlength=len(dataset.classes))
    if counts.min() < LEAST:
        raise DataError(_too_few(dataset, seen, int(counts.argmin()), int(counts.min())))
    return seen


def _crewed(
    crew: Crew, extractor: ModelFile, dataset: Dataset, task: Task[Embedding]
) -> Generator[Answer[Any, Any], None, None]:
    """The answers of workers, who open the same model as `task` has."""
    for answer in stream_on(crew, [Opening(extractor, {})], dataset.inputs, takes=task.input.name):
        yield answer if answer.result is None else Answer(answer.input, answer.result[0])


@dataclass
class _Gathering:
    """What was found so far. `known`: by what was seen in a picture, its first place in each class."""

    dataset: Dataset
    features: list[npt.NDArray[np.float32]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    twice: list[tuple[str, str]] = field(default_factory=list)
    at_odds: list[tuple[str, str]] = field(default_factory=list)
    known: dict[bytes, dict[int, int]] = field(default_factory=dict)

    def all_of(self, answers: Generator[Answer[Any, Embedding], None, None], progress: Progress) -> Seen:
        for place, answer in enumerate(answers):
            if answer.result is None:
                self.unread.append((self.dataset.input_name(place), str(answer.error)))
            elif self._is_new(place, answer.result):
                self.features.append(answer.result.vector)
                self.places.append(place)
            progress("pictures", place + 1, len(self.dataset))
        if not self.features:
            raise DataError(f"{self.dataset.name}: none of its pictures can be read. The first: {self.unread[0][1]}")
        places = np.array(self.places, np.int64)
        found = np.stack(self.features), self.dataset.labels[places], places
        return Seen(*found, tuple(self.unread), tuple(self.twice), tuple(self.at_odds))

    def _is_new(self, place: int, embedding: Embedding) -> bool:
        """Whether a picture counts: the same one in training and left out would prove what is not so."""
        firsts, label = self.known.setdefault(embedding.vector.tobytes(), {}), int(self.dataset.labels[place])
        if label in firsts:
            self.twice.append((self.dataset.input_name(place), self.dataset.input_name(firsts[label])))
            return False
        if firsts:
            self.at_odds.append((self.dataset.input_name(place), self.dataset.input_name(min(firsts.values()))))
        firsts[label] = place
        return True


def _too_few(dataset: Dataset, seen: Seen, index: int, count: int) -> str:
    label = dataset.classes[index]
    lost = len(seen.unread) + len(seen.twice)
    why = f"; {lost:,} of all cannot be read or are there twice" if lost else ""
    return (
        f"{dataset.name}: {count} picture{'s' * (count != 1)} of class {label!r}{why}. At least {LEAST} of each are "
        "needed, ten are good"
    )
