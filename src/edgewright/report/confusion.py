"""Confusion matrix as a heat map with its counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edgewright.errors import UsageError
from edgewright.report.figure import figure, svg, text
from edgewright.report.markup import Html, element
from edgewright.report.numbers import MISSING, count, percent
from edgewright.report.palette import LEVELS
from edgewright.report.table import Column, Table
from edgewright.report.text import display_width, printable, shorten

_CELL = 34
_LETTER = 7.6  # width of an average letter at 14 px
_LONGEST = 16  # letters of a class name beside the map; the full name is in the tooltip
_SMALLEST = 0.74  # scale below which the numbers are too small to read; a phone scrolls instead
_MOST_DRAWN = 40
_WORST = 20
_RECALL = "The column on the right: how much of each true class was found."


@dataclass(frozen=True)
class ConfusionMatrix:
    """Counts by true class (row) and predicted class (column); both in the order of `labels`.

    Up to 40 classes are drawn, blue where right and orange where wrong, darker with the share of the true class. More
    classes become a table of the 20 most frequent confusions. Raises UsageError when the counts are not square.
    """

    title: str
    labels: Sequence[str]
    counts: Sequence[Sequence[int]]
    note: str = ""

    def __post_init__(self) -> None:
        """Freeze the counts and check them."""
        object.__setattr__(self, "labels", tuple(self.labels))
        object.__setattr__(self, "counts", tuple(tuple(int(cell) for cell in row) for row in self.counts))
        classes = len(self.labels)
        if not classes or len(self.counts) != classes or any(len(row) != classes for row in self.counts):
            shape = f"{len(self.counts)} x {len(self.counts[0]) if self.counts else 0}"
            raise UsageError(f"confusion matrix {self.title!r}: {shape} counts for {classes} labels")
        if min(map(min, self.counts)) < 0:
            raise UsageError(f"confusion matrix {self.title!r}: a count cannot be negative")

    def worst(self, most: int = _WORST) -> list[tuple[str, str, int]]:
        """List (true label, predicted label, count) of what was confused, most frequent first."""
        wrong = [
            (self.labels[true], self.labels[predicted], cell)
            for true, row in enumerate(self.counts)
            for predicted, cell in enumerate(row)
            if cell and true != predicted
        ]
        return sorted(wrong, key=lambda entry: -entry[2])[:most]

    def to_html(self) -> Html:
        """Draw the heat map, or the table where the classes are too many."""
        if len(self.labels) > _MOST_DRAWN:
            return self._as_table().to_html()
        return figure(
            self.title, _Drawing(self).to_html(), lead=self._lead(), note=f"{_RECALL} {self.note}", class_="matrix"
        )

    def _lead(self) -> str:
        total = sum(map(sum, self.counts))
        right = sum(row[index] for index, row in enumerate(self.counts))
        lead = f"{count(right)} of {count(total)} right."
        named = [f"{true} taken for {predicted} ({_times(cell)})" for true, predicted, cell in self.worst(3)]
        return f"{lead} Most often confused: {', '.join(named)}." if named else lead

    def _as_table(self) -> Table:
        columns = (Column("true"), Column("predicted"), Column("count", "right"))
        note = f"{self._lead()} {len(self.labels)} classes are too many for a map. {self.note}"
        return Table(self.title, columns, self.worst(), note)


class _Drawing:
    """Places and shapes of the heat map, in units that scale with its width."""

    def __init__(self, matrix: ConfusionMatrix) -> None:
        self._matrix = matrix
        self._names = [shorten(printable(label), _LONGEST) for label in matrix.labels]
        longest = max(map(display_width, self._names))
        self._upright = longest <= 3
        self._left = (42 if self._upright else 30) + longest * _LETTER
        self._top = 48.0 if self._upright else 34 + longest * _LETTER * 0.78
        self._side = _CELL * len(self._names)

    def to_html(self) -> Html:
        width, height = self._left + self._side + self._overhang(), self._top + self._side + 4
        parts = [self._headings()]
        for index in range(len(self._names)):
            parts += [self._row_name(index), self._column_name(index), *self._row(index)]
        box = f"0 0 {width:.0f} {height:.0f}"
        drawing = svg(self._matrix.title, self._said(), *parts, viewBox=box, width=round(width * _SMALLEST))
        return element("div", drawing, class_="wide", tabindex="0", role="region", aria_label=self._matrix.title)

    def _overhang(self) -> float:
        """Space right of the map: for the share found, and for names that lean out over the last column."""
        lean = 0.0 if self._upright else math.cos(math.radians(50)) * _LETTER
        ends = [
            display_width(name) * lean - (len(self._names) - index - 0.5) * _CELL
            for index, name in enumerate(self._names)
        ]
        return max(48.0, *ends)

    def _said(self) -> str:
        return f"{len(self._names)} classes; rows are the true class, columns the predicted one. {self._matrix._lead()}"

    def _headings(self) -> Html:
        middle = self._left + self._side / 2
        down = self._top + self._side / 2
        return element(
            "g",
            text(middle, 14, "predicted", "quiet", "middle"),
            element(
                "text", "true", x=14, y=down, class_="quiet", text_anchor="middle", transform=f"rotate(-90 14 {down:g})"
            ),
            text(self._left + self._side + 12, self._top - 8, "found", "quiet small") if self._upright else Html(""),
        )

    def _row_name(self, index: int) -> Html:
        return text(self._left - 8, self._middle(index), self._names[index], None, "end")

    def _column_name(self, index: int) -> Html:
        x, y = self._left + (index + 0.5) * _CELL, self._top - 8
        if self._upright:
            return text(x, y, self._names[index], None, "middle")
        return element("text", self._names[index], x=x, y=y, transform=f"rotate(-50 {x:g} {y:g})")

    def _middle(self, index: int) -> float:
        return self._top + (index + 0.5) * _CELL + 5

    def _row(self, index: int) -> list[Html]:
        counts = self._matrix.counts[index]
        total = sum(counts)
        cells = [self._cell(index, column, cell, total) for column, cell in enumerate(counts)]
        recall = percent(counts[index] / total, 0) if total else MISSING
        return [*cells, text(self._left + self._side + 12, self._middle(index), recall, "quiet small")]

    def _cell(self, row: int, column: int, cell: int, total: int) -> Html:
        labels = self._matrix.labels
        shade = f"{'b' if row == column else 'o'}{_level(cell / total)}" if cell else "empty"
        x, y = self._left + column * _CELL, self._top + row * _CELL
        square = element("rect", x=x + 1, y=y + 1, width=_CELL - 2, height=_CELL - 2, rx=3, class_=shade)
        tip = element("title", f"true {labels[row]}, predicted {labels[column]}: {count(cell)}")
        size = "" if cell < 1000 else "tiny "
        number = text(x + _CELL / 2, y + _CELL / 2 + 5, _short(cell), f"{size}{shade}t", "middle") if cell else Html("")
        return element("g", tip, square, number)


def _times(cell: int) -> str:
    return "once" if cell == 1 else f"{count(cell)} times"


def _short(cell: int) -> str:
    """Write a count so that it fits into its cell."""
    return str(cell) if cell < 100_000 else f"{cell // 1000}k"


def _level(part: float) -> int:
    """Shade of a share, 1 to LEVELS; the square root, so that rare confusions are seen."""
    return min(LEVELS, 1 + math.floor(math.sqrt(part) * LEVELS))
