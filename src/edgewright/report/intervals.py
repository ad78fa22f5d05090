"""Dots with intervals on a common axis: accuracies with their confidence, latencies with their spread."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgewright.errors import UsageError
from edgewright.report.figure import Anchor, figure, nice_ticks, share, svg, text
from edgewright.report.markup import Html, element
from edgewright.report.text import printable, shorten

_ROW = 46
_LETTERS = 46
_MARGIN = 0.03  # share of the width left free on both sides, for half a dot and the ends of the axis


@dataclass(frozen=True)
class Interval:
    """A value with the interval around it (low <= value <= high), and both as text."""

    label: str
    value: float
    low: float
    high: float
    text: str

    def __post_init__(self) -> None:
        """Refuse an interval that does not hold its own value."""
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.value <= self.high):
            raise UsageError(
                f"{self.label!r}: expected finite low <= value <= high, got {self.low}, {self.value}, {self.high}"
            )


@dataclass(frozen=True)
class Intervals:
    """A chart of dots with intervals; `tick` writes a number of the axis.

    The axis covers the data and need not start at zero unless `from_zero`, because a dot, unlike a bar, tells its
    value by place and not by length. `reference` draws a dashed line, for example at the accuracy of the source.
    """

    title: str
    points: Sequence[Interval]
    tick: Callable[[float], str]
    lead: str = ""
    note: str = ""
    from_zero: bool = False
    reference: float | None = None

    def __post_init__(self) -> None:
        """Freeze the points."""
        object.__setattr__(self, "points", tuple(self.points))
        if not self.points:
            raise UsageError(f"interval chart {self.title!r} has no points")

    def to_html(self) -> Html:
        """Draw the chart."""
        axis = self._axis()
        bottom = len(self.points) * _ROW
        rows = [part for index, point in enumerate(self.points) for part in axis.row(point, index * _ROW)]
        grid = [part for value in axis.ticks for part in axis.grid(value, round_off(self.tick(value)), bottom)]
        said = "; ".join(f"{point.label}: {point.text}" for point in self.points)
        drawing = svg(self.title, said, *grid, *self._reference(axis, bottom), *rows, height=bottom + 18)
        return figure(self.title, drawing, lead=self.lead, note=self.note)

    def _axis(self) -> _Axis:
        values = [value for point in self.points for value in (point.low, point.high)]
        values += [value for value in (self.reference, 0.0 if self.from_zero else None) if value is not None]
        low, high = min(values), max(values)
        if low == high:
            low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
        return _Axis(low, high)

    def _reference(self, axis: _Axis, bottom: int) -> list[Html]:
        if self.reference is None:
            return []
        x = axis.place(self.reference)
        lines = [(index * _ROW + 19, index * _ROW + 39) for index in range(bottom // _ROW)]
        return [element("line", x1=x, x2=x, y1=top, y2=end, class_="reference") for top, end in lines]


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float

    @property
    def ticks(self) -> list[float]:
        return nice_ticks(self.low, self.high, 5)

    def place(self, value: float) -> str:
        part = (value - self.low) / (self.high - self.low)
        return share(_MARGIN + part * (1 - 2 * _MARGIN))

    def row(self, point: Interval, top: int) -> list[Html]:
        y = top + 29
        low, high = self.place(point.low), self.place(point.high)
        ends = [element("line", x1=x, x2=x, y1=y - 5, y2=y + 5, class_="interval") for x in (low, high)]
        return [
            text("0", top + 14, shorten(printable(point.label), max(_LETTERS - len(point.text), 12))),
            text("100%", top + 14, point.text, None, "end"),
            element("line", x1=low, x2=high, y1=y, y2=y, class_="interval"),
            *ends,
            element("circle", cx=self.place(point.value), cy=y, r=6, class_="dot"),
        ]

    def grid(self, value: float, words: str, bottom: int) -> list[Html]:
        """Draw a hairline in every row, beside and not behind the text, and the number below."""
        x = self.place(value)
        lines = [(index * _ROW + 20, index * _ROW + 38) for index in range(bottom // _ROW)]
        hair = [element("line", x1=x, x2=x, y1=top, y2=end, class_="rule") for top, end in lines]
        return [*hair, text(x, bottom + 12, words, "quiet small", self._anchor(value))]

    def _anchor(self, value: float) -> Anchor:
        part = (value - self.low) / (self.high - self.low)
        return "start" if part < 0.04 else "end" if part > 0.96 else "middle"


def round_off(words: str) -> str:
    """Take zeros after the decimal point away: ticks are round numbers, not measurements ("5.00 µs" is "5 µs")."""
    return re.sub(r"(\.\d*?)0+(?!\d)", lambda found: "" if found[1] == "." else found[1], words)
