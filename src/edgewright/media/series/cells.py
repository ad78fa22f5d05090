"""The cells of a line of a table: which of them are wanted, which one holds the time, and what numbers they hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edgewright.errors import DataError
from edgewright.media.series.series import places_of
from edgewright.media.series.times import of_text, seconds_per, time_unit

_DELIMITERS = ",;\t"

_MISSING = frozenset({"", "nan", "na", "n/a", "null", "none", "-"})


def delimiter_of(line: str) -> str:
    """What stands between the cells of a line: of comma, semicolon and tab the one that is there most often."""
    return max(_DELIMITERS, key=line.count)


@dataclass(frozen=True)
class TableLayout:
    """Which cells of a row are wanted, and which one holds the time."""

    cells: int
    columns: tuple[str, ...]
    places: tuple[int, ...]
    time: int | None
    unit: float
    named: bool

    @classmethod
    def of(cls, first: list[str], wanted: Sequence[str], name: str, decimal_comma: bool) -> TableLayout:
        """Told by the first line. Raises `DataError` where a wanted column is missing."""
        cells = [cell.strip() for cell in first]
        named = any(number_in(cell, decimal_comma) is None and of_text(cell) is None for cell in cells)
        time = _time_place(cells, wanted, named)
        others = [place for place in range(len(cells)) if place != time]
        names = [cells[place] for place in others] if named else []
        places = places_of(wanted, names, len(others), name) if wanted else range(len(others))
        columns = tuple(wanted) or tuple(names)
        unit = (time_unit(cells[time]) or 0.0) if named and time is not None else 0.0
        return cls(len(cells), columns, tuple(others[place] for place in places), time, unit, named)

    def column(self, place: int) -> str:
        """What a message calls the cell at a place."""
        names = dict(zip(self.places, self.columns, strict=False))
        return f"the column {names[place]!r}" if place in names else f"column {place + 1}"

    def moment(self, cell: str) -> float:
        """The time in a cell, in seconds. Raises `DataError` where there is none in it."""
        number = number_in(cell, decimal_comma=True)
        moment = of_text(cell.strip()) if number is None else number
        if moment is None or math.isnan(moment):
            raise DataError(f"{cell[:40]!r} is no time. Expected a number, or a date and time in ISO 8601")
        return moment if number is None else moment * seconds_per(self.unit, moment)


def _time_place(cells: list[str], wanted: Sequence[str], named: bool) -> int | None:
    if not named:
        return next((place for place, cell in enumerate(cells) if of_text(cell) is not None), None)
    return next((place for place, cell in enumerate(cells) if cell not in wanted and time_unit(cell) is not None), None)


def number_in(cell: str, decimal_comma: bool) -> float | None:
    """The number in a cell, NaN where it is missing or infinite; None where it is another text."""
    try:
        number = float(cell.replace(",", ".") if decimal_comma else cell)
    except ValueError:
        return math.nan if cell.strip().lower() in _MISSING else None
    return number if math.isfinite(number) else math.nan
