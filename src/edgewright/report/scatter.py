"""Points of two quantities that pull against each other, and the Pareto front: those which nothing beats in both."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from edgewright.errors import UsageError
from edgewright.report.figure import figure, log_ticks, nice_ticks, share, svg, text
from edgewright.report.intervals import round_off
from edgewright.report.labeling import DESK, PHONE, Label, Spot, place_labels
from edgewright.report.markup import Html, element

Kind = Literal["chosen", "good", "refused", "reference"]

_TOP, _BOTTOM = 44, 318  # pixels: the plot lies between them; above is the title of the upright axis
_LEFT, _RIGHT = 0.13, 0.95  # shares of the width; the numbers of the upright axis stand on its lines, left of the plot
_ARROW = 7
_LOG_FROM = 3.0  # an axis whose largest value is this many times the smallest is logarithmic
_PADDING = 0.04


@dataclass(frozen=True)
class Point:
    """One point: `x` (above 0, less is better), `y` (more is better), and both as text for those who cannot see it.

    `number`: what it is called on the chart, by default its place in the order; 0 is not written. `low`: how far down
    `y` may be in truth; a thin line shows it. `kind` is told by shape as well as by color: "chosen" has a ring, "good"
    is filled, "refused" is hollow, "reference" is a square.
    """

    label: str
    x: float
    y: float
    text: str
    kind: Kind = "good"
    low: float | None = None
    number: int | None = None

    def __post_init__(self) -> None:
        """Refuse what has no place, and a kind that does not exist."""
        if not (math.isfinite(self.x) and self.x > 0 and math.isfinite(self.y)):
            raise UsageError(f"point {self.label!r}: expected finite x > 0 and finite y, got {self.x}, {self.y}")
        if self.low is not None and not self.low <= self.y:
            raise UsageError(f"point {self.label!r}: its lower bound {self.low} is above its y, {self.y}")
        if self.kind not in get_args(Kind):
            raise UsageError(f"unknown kind of point {self.kind!r}. Choose one of: {', '.join(get_args(Kind))}")

    @property
    def title(self) -> str:
        """Number and label."""
        return f"{self.number} {self.label}" if self.number else self.label


@dataclass(frozen=True)
class Scatter:
    """A scatter chart of numbered points.

    A list below it says which number is which; without `has_key` something else on the page has to. `x_title` and
    `y_title` name the axes, `x_tick` and `y_tick` write their numbers. `limit` draws a dashed line at a height,
    `limit_label` says what it is. Points below `lowest` are drawn as arrows at the lower edge, so that one which is far
    off does not press all the others together. The horizontal axis is logarithmic where its largest value is 3 times
    its smallest or more.
    """

    title: str
    points: Sequence[Point]
    x_title: str
    y_title: str
    x_tick: Callable[[float], str]
    y_tick: Callable[[float], str]
    lead: str = ""
    note: str = ""
    limit: float | None = None
    limit_label: str = ""
    lowest: float | None = None
    has_key: bool = True

    def __post_init__(self) -> None:
        """Freeze the points."""
        object.__setattr__(self, "points", tuple(_numbered(*each) for each in enumerate(self.points, 1)))
        if not self.points:
            raise UsageError(f"scatter chart {self.title!r} has no points")

    @property
    def front(self) -> list[Point]:
        """The points which no other one beats in one quantity without losing in the other, by rising `x`."""
        return pareto_front(self.points)

    def to_html(self) -> Html:
        """Draw the chart and the list of its points."""
        plot = _Plot.around(self)
        said = "; ".join(f"{point.title}: {point.text}" for point in self.points)
        parts = [*self._axes(plot), *self._limit(plot), *plot.front(self.front)]
        parts += [part for point in self.points for part in plot.marks(point)]
        parts += _numbers(plot, self.points)
        parts.append(text(share(_RIGHT), _BOTTOM + 40, self.x_title, "quiet small", "end"))
        drawing = svg(self.title, said, *parts, height=_BOTTOM + 48)
        both = element("div", drawing, self._key() if self.has_key else Html(""))
        return figure(self.title, both, lead=self.lead, note=self.note)

    def _axes(self, plot: _Plot) -> list[Html]:
        parts = [text("0", 12, self.y_title, "quiet small")]
        for value in plot.y_ticks:
            y = plot.height(value)
            parts.append(element("line", x1="0", x2="100%", y1=y, y2=y, class_="rule"))
            parts.append(text("0", y - 4, round_off(self.y_tick(value)), "quiet small"))
        for value in plot.x_ticks:
            x = plot.across(value)
            parts.append(element("line", x1=x, x2=x, y1=_BOTTOM, y2=_BOTTOM + 5, class_="rule"))
            parts.append(text(x, _BOTTOM + 20, round_off(self.x_tick(value)), "quiet small", "middle"))
        return parts

    def _limit(self, plot: _Plot) -> list[Html]:
        if self.limit is None:
            return []
        y = plot.height(self.limit)
        line = element("line", x1="0", x2="100%", y1=y, y2=y, class_="reference")
        return [line, text("100%", y - 5, self.limit_label, "quiet small halo", "end")]

    def _key(self) -> Html:
        """List all points in HTML, because names beside points run into each other on a phone."""
        front = self.front
        return element("ol", *(_entry(point, point in front) for point in self.points), class_="key")


def _numbered(place: int, point: Point) -> Point:
    return point if point.number is not None else replace(point, number=place)


def pareto_front(points: Sequence[Point]) -> list[Point]:
    """Points that no other one equals or beats in both quantities, by rising `x`; of two equal ones the first."""
    front: list[Point] = []
    for point in sorted(points, key=lambda one: (one.x, -one.y)):
        if not front or point.y > front[-1].y:
            front.append(point)
    return front


@dataclass(frozen=True)
class _Plot:
    """Where things are: values in, shares of the width and pixels of the height out."""

    x: tuple[float, float]
    y: tuple[float, float]

    @classmethod
    def around(cls, chart: Scatter) -> _Plot:
        across = [point.x for point in chart.points]
        upright = [value for point in chart.points for value in (point.y, point.low) if value is not None]
        upright += [chart.limit] if chart.limit is not None else []
        lowest = min(upright) if chart.lowest is None else max(min(upright), chart.lowest)
        return cls((min(across), max(across)), (lowest, max(lowest, *upright)))

    @property
    def is_log(self) -> bool:
        return self.x[1] >= _LOG_FROM * self.x[0]

    @property
    def x_ticks(self) -> list[float]:
        ticks = log_ticks(*self.x) if self.is_log else nice_ticks(*self.x, 4)
        return ticks if len(ticks) > 1 else list(self.x)

    @property
    def y_ticks(self) -> list[float]:
        return nice_ticks(*self.y, 6)

    def part(self, x: float) -> float:
        """Place across, as a share of the width."""
        scale: Callable[[float], float] = math.log if self.is_log else float
        low, high = map(scale, self.x)
        inside = (scale(x) - low) / (high - low) if high > low else 0.5
        return _LEFT + (_PADDING + inside * (1 - 2 * _PADDING)) * (_RIGHT - _LEFT)

    def across(self, x: float) -> str:
        return share(self.part(x))

    def height(self, y: float) -> float:
        """Place from the top in pixels; what is too low stays at the lower edge."""
        low, high = self.y
        inside = (max(y, low) - low) / (high - low) if high > low else 0.5
        return round(_BOTTOM - (_PADDING + inside * (1 - 2 * _PADDING)) * (_BOTTOM - _TOP), 1)

    def is_below(self, point: Point) -> bool:
        return point.y < self.y[0]

    def front(self, points: Sequence[Point]) -> list[Html]:
        """Draw the front as steps: between two of its points the smaller one is what can be had."""
        seen = [point for point in points if not self.is_below(point)]
        lines = []
        for point, after in zip(seen, [*seen[1:], None], strict=True):
            x, y = self.across(point.x), self.height(point.y)
            end = self.across(after.x) if after else share(_RIGHT)
            lines.append(element("line", x1=x, x2=end, y1=y, y2=y, class_="front"))
            if after:
                lines.append(element("line", x1=end, x2=end, y1=y, y2=self.height(after.y), class_="front"))
        return lines

    def marks(self, point: Point) -> list[Html]:
        """Draw the line down to the lower bound, then the point on it."""
        x, y = self.across(point.x), self.height(point.y)
        if self.is_below(point):
            return _arrow(x, y, point.kind)
        parts = []
        if point.low is not None and point.low < point.y:
            low = self.height(point.low)
            parts = [element("line", x1=x, x2=x, y1=y, y2=low, class_=f"whisker {point.kind}")]
            if point.low >= self.y[0]:
                parts += [_end(x, low, side, point.kind) for side in (-4, 4)]
        return [*parts, *_mark(x, y, point.kind)]


def _end(x: str, y: float, to: int, kind: Kind) -> Html:
    """Draw half of the end of a line; a nested SVG counts pixels from a place that is a share of the width."""
    half = element("line", x1=0, x2=to, y1=0, y2=0, class_=f"whisker {kind}")
    return element("svg", half, x=x, y=y, class_="here")


def _mark(x: str, y: float, kind: Kind) -> list[Html]:
    if kind == "reference":
        square = element("rect", x=-9, y=-9, width=18, height=18, class_="mark reference-mark")
        return [element("svg", square, x=x, y=y, class_="here")]
    ring = [element("circle", cx=x, cy=y, r=11, class_="ring")] if kind == "chosen" else []
    return [*ring, element("circle", cx=x, cy=y, r=6, class_=f"mark {kind}")]


def _arrow(x: str, y: float, kind: Kind) -> list[Html]:
    """Draw an arrow that points down: the point is below the chart."""
    path = f"M{-_ARROW} {-_ARROW}H{_ARROW}L0 {_ARROW}Z"
    return [element("svg", element("path", d=path, class_=f"mark {kind}"), x=x, y=y, class_="here")]


def _numbers(plot: _Plot, points: Sequence[Point]) -> list[Html]:
    """Draw the numbers twice, for phones and for desks; the style sheet shows those that fit."""
    spots = []
    for point in points:
        top = plot.height(point.y)
        bottom = top if point.low is None or plot.is_below(point) else plot.height(point.low)
        spots.append(Spot(point.number or 0, plot.part(point.x), top, bottom))
    sets = (("on-phone", PHONE), ("on-desk", DESK))
    return [_number(label, class_) for class_, widths in sets for label in place_labels(spots, widths)]


def _number(label: Label, class_: str) -> Html:
    place: dict[str, str | float | None] = {"x": share(label.part), "y": label.down, "dx": label.right}
    return element("text", label.text, class_=f"strong halo {class_}", text_anchor="middle", **place)


def _entry(point: Point, best: bool) -> Html:
    mark = element("svg", *_mark("50%", 12, point.kind), width=24, height=24, aria_hidden="true")
    name = element("strong", point.title)
    words = element("span", name, element("span", point.text, class_="detail"))
    return element("li", mark, words, class_="on-front" if best else None)
