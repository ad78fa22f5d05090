"""Numbers written for people: sizes, ratios, durations, percentages, counts.

Sizes are decimal (1 kB = 1,000 bytes, IEC 80000-13), as storage is sold and as file managers show it. Three
significant digits everywhere, because no measurement here is better than that. What is not a number is shown as "–".
"""

from __future__ import annotations

import math
from typing import Literal

from edgewright.errors import UsageError

MISSING = "–"
_SIZE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_TIME_UNITS = ("ns", "µs", "ms", "s")
_COMPARED = {"size": ("smaller", "larger", "same size"), "time": ("faster", "slower", "same speed")}
Quantity = Literal["size", "time"]


def size(count: int | None) -> str:
    """Write bytes: `size(411_204)` is "411 kB", `size(1_200_000)` is "1.20 MB", `size(999)` is "999 B"."""
    if count is None:
        return MISSING
    if count < 0:
        raise UsageError(f"a size cannot be negative, got {count}")
    if count < 1000:
        return f"{count} B"
    return _with_unit(float(count), _SIZE_UNITS)


def duration(seconds: float | None) -> str:
    """Write a time: "4.70 µs", "12.3 ms", "1.50 s", and from a minute on "2 min 5 s", "1 h 3 min"."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    if seconds < 0:
        raise UsageError(f"a duration cannot be negative, got {seconds}")
    if seconds >= 59.95:
        return _minutes(round(seconds))
    return "0 s" if seconds == 0 else _with_unit(seconds * 1e9, _TIME_UNITS)


def clock(seconds: float) -> str:
    """Write a time within a recording: "0:01.5", "12:00.0", and from an hour on "1:02:03.4"."""
    tenths = round(seconds * 10)
    minutes, tenths = divmod(tenths, 600)
    hours, rest = divmod(minutes, 60)
    text = f"{tenths // 10:02d}.{tenths % 10}"
    return f"{hours}:{rest:02d}:{text}" if hours else f"{rest}:{text}"


def percent(fraction: float | None, digits: int = 1) -> str:
    """Write a fraction as percentage: `percent(0.961)` is "96.1%".

    What is not quite all or not quite nothing never reads as such: 0.9999 is ">99.9%", 0.0001 is "<0.1%".
    """
    if fraction is None or not math.isfinite(fraction):
        return MISSING
    shown = f"{fraction * 100:.{digits}f}"
    step = 10.0**-digits
    if fraction < 1 and float(shown) >= 100:
        return f">{100 - step:.{digits}f}%"
    if fraction > 0 and float(shown) == 0:
        return f"<{step:.{digits}f}%"
    return f"{_no_negative_zero(shown)}%"


def percent_interval(fraction: float | None, low: float, high: float, digits: int = 1) -> str:
    """Write a percentage and its interval: `percent_interval(0.961, 0.947, 0.971)` is "96.1% (94.7–97.1)"."""
    if fraction is None or not all(map(math.isfinite, (fraction, low, high))):
        return MISSING
    if not low <= fraction <= high:
        raise UsageError(f"the value {fraction} lies outside of its own interval {low} to {high}")
    return f"{percent(fraction, digits)} ({low * 100:.{digits}f}–{high * 100:.{digits}f})"


def points(difference: float | None, digits: int = 1) -> str:
    """Write a difference of two fractions in points: `points(-0.003)` is "−0.3 points"."""
    if difference is None or not math.isfinite(difference):
        return MISSING
    shown = _no_negative_zero(f"{difference * 100:.{digits}f}")
    sign = "" if float(shown) == 0 else ("+" if difference > 0 else "−")
    return f"{sign}{shown.lstrip('-')} points"


def ratio(part: float | None, whole: float | None) -> str:
    """How many times `whole` is in `part`: `ratio(411, 1200)` is "0.34×"."""
    if part is None or not whole or not math.isfinite(part / whole):
        return MISSING
    return f"{_two_digits(part / whole)}×"


def change(before: float | None, after: float | None, kind: Quantity = "size") -> str:
    """Say how two sizes or times compare: `change(411, 105)` is "3.9× smaller"; for a time "faster" or "slower"."""
    if kind not in _COMPARED:
        raise UsageError(f"unknown kind of quantity {kind!r}. Choose one of: {', '.join(_COMPARED)}")
    if before is None or after is None or not (before > 0 and after > 0):
        return MISSING
    less, more, same = _COMPARED[kind]
    times = max(before, after) / min(before, after)
    if times < 1.005:
        return same
    return f"{_two_digits(times)}× {less if after < before else more}"


def spread(relative: float | None) -> str:
    """Write the spread of a measurement relative to its median: `spread(0.034)` is "± 3%"."""
    if relative is None or not math.isfinite(relative):
        return MISSING
    return "± <1%" if 0 < relative < 0.005 else f"± {relative * 100:.0f}%"


def count(number: int | None, one: str = "", many: str = "") -> str:
    """Write a whole number with what it counts: `count(4000, "picture")` is "4,000 pictures"."""
    if number is None:
        return MISSING
    if not one:
        return f"{number:,}"
    return f"{number:,} {one if number == 1 else (many or one + 's')}"


def score(value: float | None) -> str:
    """Write a score or probability with two digits; 0.999 is ">0.99", because it is not 1, and 0.001 is "<0.01"."""
    if value is None or not math.isfinite(value):
        return MISSING
    return ">0.99" if 0.995 <= value < 1 else "<0.01" if 0 < value < 0.005 else f"{value:.2f}"


def fine_score(value: float) -> str:
    """Write one with three digits, for a column of them; 0.0001 is "<0.001", because it is not 0."""
    return "<0.001" if 0 < value < 0.0005 else f"{value:.3f}"


def _with_unit(value: float, units: tuple[str, ...]) -> str:
    place = 0
    while float(f"{value:.3g}") >= 1000 and place < len(units) - 1:
        value /= 1000
        place += 1
    return f"{_three_digits(value)} {units[place]}"


def _three_digits(value: float) -> str:
    rounded = float(f"{value:.3g}")
    if rounded <= 0 or rounded >= 100:
        return f"{rounded:.0f}"
    return f"{rounded:.{2 - math.floor(math.log10(rounded))}f}"


def _two_digits(value: float) -> str:
    if value >= 9.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1.095 else f"{value:.2f}" if value >= 0.01 else f"{value:.1g}"


def _minutes(seconds: int) -> str:
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def _no_negative_zero(shown: str) -> str:
    return shown.removeprefix("-") if float(shown) == 0 else shown
