"""What a classifier says of one text: labels with scores, the best first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, overload

from edgewright.brief import line_of
from edgewright.errors import UsageError
from edgewright.spelling import either
from edgewright.task.result import Observation
from edgewright.task.results.classification import TOP, Classification

if TYPE_CHECKING:
    from PIL.Image import Image

    from edgewright.media import PictureSource
    from edgewright.model import Meaning
    from edgewright.report import Table
    from edgewright.task.numbers.scores import Scores

NOT_WHOLE = "The text is longer than what the model reads: this is said of its beginning."


@dataclass(frozen=True, eq=False, repr=False)
class TextClassification(Sequence[Observation]):
    """What a classifier says of one text: all classes, the highest score first.

    `ranking` has the scores, as of a picture. `text` is what was read; `whole` is false where the model takes less than
    the text has, so that only its beginning counted.

    >>> review = ew.load("review.tflite")("What a great film")
    >>> review[0].label
    'Positive'
    """

    ranking: Classification
    text: str
    whole: bool = True

    @property
    def scores(self) -> Scores:
        """(classes,) float32, in the order of the model's output."""
        return self.ranking.scores

    @property
    def labels(self) -> tuple[str, ...]:
        """What the classes are called, in the order of the model's output."""
        return self.ranking.labels

    @property
    def meaning(self) -> Meaning | None:
        """What the scores are: "probabilities", or something else."""
        return self.ranking.meaning

    def __len__(self) -> int:
        return len(self.ranking)

    @overload
    def __getitem__(self, place: int) -> Observation: ...
    @overload
    def __getitem__(self, place: slice) -> list[Observation]: ...
    def __getitem__(self, place: int | slice) -> Observation | list[Observation]:
        """The class at a place of the ranking: 0 is the best."""
        return self.ranking[place]

    def observations(self) -> Sequence[Observation]:
        """All classes, the best first; those below the file's threshold too."""
        return self.ranking

    def observations_of(self, labels: Collection[str]) -> list[Observation]:
        """The classes with one of the labels, the best first."""
        return self.ranking.observations_of(labels)

    def top(self, k: int = TOP) -> list[Observation]:
        """The `k` best classes, those below the file's threshold left out."""
        return self.ranking.top(k)

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """The best classes as plain values, ten where no limit is given."""
        return {**self.ranking.to_dict(limit), "kind": "text-classification", "whole": self.whole}

    def table(self, limit: int | None = None) -> Table:
        """The best classes with their scores as bars."""
        table = self.ranking.table(limit)
        return table if self.whole else replace(table, note=f"{NOT_WHOLE} {table.note}".strip())

    def in_one_line(self, limit: int, first: object = None) -> str:
        """The best classes with their scores."""
        return self.ranking.in_one_line(limit)

    def draw(self, picture: PictureSource) -> Image:
        """Raise `UsageError`: a text is no picture."""
        there = either(python="to_dict()", command="what is printed: --json or --csv")
        raise UsageError(f"there is nothing to draw for a text. The answer is in {there}")

    def _repr_html_(self) -> str:
        return self.ranking._repr_html_()

    def __str__(self) -> str:
        return str(self.ranking)

    def __repr__(self) -> str:
        shown = self.text if len(self.text) <= 40 else f"{self.text[:39]}…"
        return line_of(self, f"{shown!r}: {self}")
