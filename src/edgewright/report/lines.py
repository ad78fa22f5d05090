"""Quantities over a common horizontal axis, each a line: what happens epoch by epoch, or as the samples grow."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from edgewright.errors import UsageError
from edgewright.report.figure import figure, log_ticks, nice_ticks, share, svg, text
from edgewright.report.intervals import round_off
from edgewright.report.markup import Html, element

_TOP, _BOTTOM = 30, 268  # pixels: the plot lies between them; above is the title of the upright axis
_LEFT, _RIGHT = 0.13, 0.97  # shares of the width; the numbers of the upright axis stand on its lines, left of the plot
_KINDS = ("first", "second")
_MOST_DOTS = 24


@dataclass(frozen=True)
class Spot:
    """A point of a line: `x`, `y`, and where it has one the interval around `y`."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        """Refuse what has no place."""
        ends = [value for value in (self.low, self.high) if value is not None]
        if not all(map(math.isfinite, (self.x, self.y, *ends))):
            raise UsageError(f"a point of a line is finite, got {self.x}, {self.y}")


@dataclass(frozen=True)
class Line:
    """A name and its points, from left to right; `dashed` where they are expected and were not measured."""

    label: str
    spots: Sequence[Spot]
    dashed: bool = False


@dataclass(frozen=True)
class Lines:
    """A chart of one or two lines, told apart by full and hollow points as well as by color.

    `x_tick` and `y_tick` write the numbers of the axes, `mark` draws an upright line.

    The upright axis covers the data and need not start at zero; with `from_zero` it does. The horizontal one is
    logarithmic with `log`.
    """

    title: str
    lines: Sequence[Line]
    x_title: str
    y_title: str
    x_tick: Callable[[float], str]
    y_tick: Callable[[float], str]
    lead: str = ""
    note: str = ""
    from_zero: bool = False
    log: bool = False
    mark: float | None = None
    mark_label: str = ""

    def __post_init__(self) -> None:
        """Freeze the lines; refuse none, too many to tell apart, and empty ones."""
        object.__setattr__(self, "lines", tuple(self.lines))
        if not 1 <= len(self.lines) <= len(_KINDS) or not all(line.spots for line in self.lines):
            raise UsageError(f"line chart {self.title!r}: expected one or two lines with points")

    def to_html(self) -> Html:
        """Draw the chart, and name its lines below where there are two."""
        plot = _Plot.around(self)
        parts = [*self._axes(plot), *self._mark(plot)]
        for line, kind in zip(self.lines, _KINDS, strict=False):
            parts += plot.line(line, kind)
        parts.append(text(share(_RIGHT), _BOTTOM + 38, self.x_title, "quiet small", "end"))
        drawing = svg(self.title, self._said(), *parts, height=_BOTTOM + 46)
        both = element("div", drawing, self._key() if len(self.lines) > 1 else Html(""))
        return figure(self.title, both, lead=self.lead, note=self.note)

    def _said(self) -> str:
        return "; ".join(f"{line.label}: {self._ends(line)}" for line in self.lines)

    def _ends(self, line: Line) -> str:
        first, last = line.spots[0], line.spots[-1]
        ends = [f"{self.y_tick(spot.y)} at {self.x_tick(spot.x)}" for spot in (first, last)]
        return ends[0] if len(line.spots) == 1 else " to ".join(ends)

    def _axes(self, plot: _Plot) -> Iterator[Html]:
        yield text("0", 12, self.y_title, "quiet small")
        for value in plot.y_ticks:
            y = plot.height(value)
            yield element("line", x1="0", x2="100%", y1=y, y2=y, class_="rule")
            yield text("0", y - 4, round_off(self.y_tick(value)), "quiet small")
        for value in plot.x_ticks:
            yield element(
                "line", x1=plot.across(value), x2=plot.across(value), y1=_BOTTOM, y2=_BOTTOM + 5, class_="rule"
            )
            yield text(plot.across(value), _BOTTOM + 20, round_off(self.x_tick(value)), "quiet small", "middle")

    def _mark(self, plot: _Plot) -> Iterator[Html]:
        if self.mark is None:
            return
        x = plot.across(self.mark)
        yield element("line", x1=x, x2=x, y1=_TOP, y2=_BOTTOM, class_="reference")
        late = plot.part(self.mark) > 0.5
        place: dict[str, str | float | None] = {"x": x, "y": _TOP + 10, "dx": -6 if late else 6}
        anchor = "end" if late else None
        yield element("text", self.mark_label, class_="quiet small halo", text_anchor=anchor, **place)

    def _key(self) -> Html:
        entries = []
        for line, kind in zip(self.lines, _KINDS, strict=False):
            stroke = element("line", x1=0, x2=24, y1=12, y2=12, class_=_course(line, kind))
            spot = element("circle", cx=12, cy=12, r=4, class_=f"spot {kind}")
            sample = element("svg", stroke, spot, width=24, height=24, aria_hidden="true")
            entries.append(element("li", sample, element("span", line.label)))
        return element("ol", *entries, class_="key")


def _course(line: Line, kind: str) -> str:
    return f"course {kind}{' expected' if line.dashed else ''}"


@dataclass(frozen=True)
class _Plot:
    """Where things are: values in, shares of the width and pixels of the height out."""

    x: tuple[float, float]
    y: tuple[float, float]
    whole: bool
    log: bool

    @classmethod
    def around(cls, chart: Lines) -> _Plot:
        spots = [spot for line in chart.lines for spot in line.spots]
        upright = [value for spot in spots for value in (spot.y, spot.low, spot.high) if value is not None]
        upright += [0.0] if chart.from_zero else []
        across = [spot.x for spot in spots]
        whole = all(float(x).is_integer() for x in across)
        return cls((min(across), max(across)), (min(upright), max(upright)), whole, chart.log)

    @property
    def x_ticks(self) -> list[float]:
        """Whole numbers where all points are at such: there is no epoch 1.5."""
        if self.log:
            return log_ticks(*self.x)
        return [tick for tick in nice_ticks(*self.x, 6) if not self.whole or float(tick).is_integer()]

    @property
    def y_ticks(self) -> list[float]:
        return nice_ticks(*self.y, 6)

    def part(self, x: float) -> float:
        """Place across, as a share of the width."""
        low, high, place = (math.log(value) if self.log else value for value in (*self.x, x))
        return _LEFT + ((place - low) / (high - low) if high > low else 0.5) * (_RIGHT - _LEFT)

    def across(self, x: float) -> str:
        return share(self.part(x))

    def height(self, y: float) -> float:
        """Place from the top in pixels."""
        low, high = self.y
        return round(_BOTTOM - ((y - low) / (high - low) if high > low else 0.5) * (_BOTTOM - _TOP), 1)

    def line(self, line: Line, kind: str) -> Iterator[Html]:
        """Draw intervals, the line on them, and its points where they are few."""
        for spot in line.spots:
            if spot.low is not None and spot.high is not None:
                x = self.across(spot.x)
                ends = {"y1": self.height(spot.low), "y2": self.height(spot.high)}
                yield element("line", x1=x, x2=x, class_=f"range {kind}", **ends)
        for one, after in zip(line.spots, line.spots[1:], strict=False):
            across = {"x1": self.across(one.x), "x2": self.across(after.x)}
            upright = {"y1": self.height(one.y), "y2": self.height(after.y)}
            yield element("line", class_=_course(line, kind), **across, **upright)
        if len(line.spots) <= _MOST_DOTS:
            for spot in line.spots:
                yield element("circle", cx=self.across(spot.x), cy=self.height(spot.y), r=4, class_=f"spot {kind}")
