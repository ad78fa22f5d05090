"""Horizontal bars: one quantity of several things, from zero."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edgewright.errors import UsageError
from edgewright.report.figure import figure, share, svg, text
from edgewright.report.markup import Html, element
from edgewright.report.text import printable, shorten

_ROW = 46
_LETTERS = 40  # label and value together, so that they do not meet on a phone


@dataclass(frozen=True)
class Bar:
    """One bar: label, value (zero or more), the value as text; `main` bars stand out."""

    label: str
    value: float
    text: str
    main: bool = False

    def __post_init__(self) -> None:
        """Refuse what has no length."""
        if not (math.isfinite(self.value) and self.value >= 0):
            raise UsageError(f"bar {self.label!r}: a bar needs a finite value of at least 0, got {self.value}")


@dataclass(frozen=True)
class Bars:
    """A bar chart. The longest bar fills the width; `lead` is a line under the title, `note` one below the chart."""

    title: str
    bars: Sequence[Bar]
    lead: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """Freeze the bars."""
        object.__setattr__(self, "bars", tuple(self.bars))
        if not self.bars:
            raise UsageError(f"bar chart {self.title!r} has no bars")

    def to_html(self) -> Html:
        """Draw the chart."""
        longest = max(bar.value for bar in self.bars) or 1.0
        rows = [part for index, bar in enumerate(self.bars) for part in _row(bar, index * _ROW, bar.value / longest)]
        said = "; ".join(f"{bar.label}: {bar.text}" for bar in self.bars)
        drawing = svg(self.title, said, *rows, height=len(self.bars) * _ROW - 8)
        return figure(self.title, drawing, lead=self.lead, note=self.note)


def _row(bar: Bar, top: int, length: float) -> list[Html]:
    label = shorten(printable(bar.label), _room(bar))
    kind = "bar main" if bar.main else "bar"
    return [
        text("0", top + 14, label, "strong" if bar.main else None),
        text("100%", top + 14, bar.text, "strong" if bar.main else None, "end"),
        element("rect", x="0", y=top + 22, width="100%", height=10, rx=2, class_="track"),
        element("rect", x="0", y=top + 22, width=share(length), height=10, rx=2, class_=kind),
    ]


def _room(bar: Bar) -> int:
    """Letters for the label: capitals are about a third wider than small letters, and bold ones a fifth."""
    capitals = sum(letter.isupper() for letter in bar.label) / (len(bar.label) or 1)
    return max(int((_LETTERS - len(bar.text)) / (1 + 0.35 * capitals + 0.2 * bar.main)), 12)
