"""What all charts share: the frame around an accessible inline SVG, and the axis."""

from __future__ import annotations

import math
from typing import Literal

from edgewright.report.markup import Html, element

Anchor = Literal["start", "middle", "end"]


def figure(title: str, drawing: Html, *, lead: str = "", note: str = "", class_: str | None = None) -> Html:
    """Frame a drawing: its title above, a quiet line under the title, a note below."""
    parts = [element("figcaption", title)]
    if lead:
        parts.append(element("p", lead, class_="lead"))
    parts.append(drawing)
    if note:
        parts.append(element("p", note, class_="note"))
    return element("figure", *parts, class_=class_)


def svg(title: str, description: str, *children: Html, **attributes: str | float | None) -> Html:
    """Build an SVG which a screen reader announces as one picture with its title and what there is to see."""
    named = (element("title", title), element("desc", description))
    return element("svg", *named, *children, role="img", aria_label=f"{title}. {description}", **attributes)


def text(x: str | float, y: float, words: str, class_: str | None = None, anchor: Anchor = "start") -> Html:
    """Build one line of text; `x` may be a share of the width ("50%")."""
    return element("text", words, x=x, y=y, class_=class_, text_anchor=None if anchor == "start" else anchor)


def share(part: float) -> str:
    """Write a share of the width, 0 to 1, as SVG wants it; shapes stretch with the page while text keeps its size."""
    return f"{part * 100:.2f}%"


def nice_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers inside a range, at most `most` of them.

    Steps are 1, 2 or 5 times a power of ten (P. Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990).
    """
    if not high > low:
        return [low]
    power = math.floor(math.log10((high - low) / most))
    for factor in (1, 2, 5, 10, 20, 50, 100):
        step = factor * 10.0**power
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            return [number * step for number in range(first, last + 1)]
    return [low]


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers inside a range: 1, 2 and 5 times powers of ten, or only the powers where those are many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        ticks = [factor * 10.0**power for power in powers for factor in factors]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= 4:
            break
    return inside
