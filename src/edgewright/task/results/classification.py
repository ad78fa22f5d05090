"""What a classifier says of one input: labels with scores, the best first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from edgewright.brief import line_of
from edgewright.errors import UsageError
from edgewright.task.result import Observation
from edgewright.values import dataclass, field

if TYPE_CHECKING:
    from PIL.Image import Image

    from edgewright.media import PictureSource
    from edgewright.model import Meaning
    from edgewright.report import Table
    from edgewright.task.numbers.scores import Scores

TOP = 10

_IN_NOTEBOOK = 5

# Less than this reads as 0.00.
_WORTH_DRAWING = 0.005
# Height and width of a picture that is drawn on, at least; the result is no wider.
_DRAWN = (1280, 1280)


@dataclass(frozen=True, eq=False)
class Classification(Sequence[Observation]):
    """What a classifier says of one picture: all classes, the highest score first.

    `scores` (classes,) float32, in the order of the model's output; they are what `meaning` says: probabilities,
    or something else ("logits", or `None` where nothing is known). `threshold` is the score below which the file's
    author finds a class not worth showing.

    >>> result = ew.load("mobilenet.tflite")("cat.bmp")
    >>> result[0].label, round(result[0].score, 2)
    ('Egyptian cat', 0.79)
    >>> [best.label for best in result.top(3)]
    ['Egyptian cat', 'tabby, tabby cat', 'tiger cat']
    """

    scores: Scores = field(repr=False)
    labels: tuple[str, ...] = field(repr=False)
    meaning: Meaning | None = None
    threshold: float | None = None

    @cached_property
    def _order(self) -> npt.NDArray[np.intp]:
        """Places of the classes by falling score; equal scores in the output's order."""
        return np.argsort(-self.scores, kind="stable")

    def _class(self, index: int) -> Observation:
        return Observation(self.labels[index], float(self.scores[index]), index)

    def __len__(self) -> int:
        return len(self.scores)

    @overload
    def __getitem__(self, place: int) -> Observation: ...
    @overload
    def __getitem__(self, place: slice) -> list[Observation]: ...
    def __getitem__(self, place: int | slice) -> Observation | list[Observation]:
        """The class at a place of the ranking: 0 is the best."""
        if isinstance(place, slice):
            return [self._class(int(index)) for index in self._order[place]]
        return self._class(int(self._order[place]))

    def observations(self) -> Sequence[Observation]:
        """All classes, the best first; those below the file's threshold too."""
        return self

    def observations_of(self, labels: Collection[str]) -> list[Observation]:
        """The classes with one of the labels, the best first."""
        found = [self._class(index) for index, label in enumerate(self.labels) if label in labels]
        return sorted(found, key=lambda observation: -observation.score)

    def top(self, k: int = TOP) -> list[Observation]:
        """The `k` best classes, those below the file's threshold left out."""
        if k < 1:
            raise UsageError(f"top({k}): at least 1 is needed")
        return [best for best in self[:k] if self.threshold is None or best.score >= self.threshold]

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """The best classes as plain values, ten where no limit is given."""
        best = [observation.to_dict() for observation in self.top(limit or TOP)]
        return {"kind": "classification", "meaning": self.meaning, "top": best}

    def table(self, limit: int | None = None) -> Table:
        """The best classes with their scores as bars."""
        from edgewright.report import Column, Sheet, Table, bar, numbers

        best, said = self.top(limit or TOP), self._worth_saying(limit or TOP)
        rows = [(entry.label, numbers.fine_score(entry.score), bar(entry.score)) for entry in said]
        values = [(rank, entry.index, entry.label, entry.score) for rank, entry in enumerate(best, 1)]
        columns = (Column("label"), Column("score", "right"), Column(""))
        sheet = Sheet(("rank", "index", "label", "score"), values)
        return Table("", columns, rows, self._note(len(said), len(best)), sheet=sheet)

    def _worth_saying(self, k: int) -> list[Observation]:
        """The `k` best without those whose score is 0: a list that is filled up with them would call them answers.

        The best one stays, and so do all where 0 is a number as others are, since some are below it.
        """
        best = self.top(k)
        if self.scores.min() < 0:
            return best
        return [entry for entry in best if entry.score > 0] or best[:1]

    def _note(self, said: int, best: int) -> str:
        if not best:
            first = f"the best is {self[0].label} {self[0].score:.3g}"
            return f"No class reaches the file's threshold of {self.threshold:g}; {first}."
        if said == best:
            return ""
        return "All other classes have a score of 0." if said > 1 or self[0].score else "All classes have a score of 0."

    def draw(self, picture: PictureSource, k: int = _IN_NOTEBOOK, *, max_pixels: int | None = None) -> Image:
        """The picture, a PIL image in RGB, with the `k` best labels and their scores as bars below it."""
        from edgewright.media import caption, load_image
        from edgewright.report import numbers

        best = self.top(k)
        shown = [entry for entry in best if entry.score >= _WORTH_DRAWING] or best[:1]
        return caption(
            load_image(picture, max_pixels=max_pixels, at_least=_DRAWN),
            [(entry.label, entry.score, numbers.score(entry.score)) for entry in shown],
        )

    def _repr_html_(self) -> str:
        from edgewright.report import Column, Table, numbers

        rows = [(entry.label, numbers.fine_score(entry.score)) for entry in self._worth_saying(_IN_NOTEBOOK)]
        return str(Table("", (Column("label"), Column("score", "right")), rows).to_html())

    def in_one_line(self, limit: int, first: object = None) -> str:
        """The best classes with their scores, without those whose score is 0."""
        from edgewright.report import numbers

        said = self._worth_saying(limit)
        return "; ".join(f"{entry.label} {numbers.score(entry.score)}" for entry in said) or "nothing"

    def __str__(self) -> str:
        return self.in_one_line(_IN_NOTEBOOK)

    def __repr__(self) -> str:
        return line_of(self, f"{len(self):,} classes: {self.in_one_line(3)}")
