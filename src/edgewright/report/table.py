"""A table as a value, with two faces: aligned text for a terminal or a file, and HTML for the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from edgewright.errors import UsageError
from edgewright.report.markup import Html, breakable, element
from edgewright.report.numbers import MISSING
from edgewright.report.text import display_width, longest_word, pad, printable, wrap
from edgewright.values import dataclass, field

Cell = str | int | float | None
Alignment = Literal["left", "right"]

_GAP = "  "
_BESIDE_ON_PHONE = 3  # columns that a phone shows beside each other
_NARROWEST = 12  # cells: a column of text with less than this in a line is hard to read


@dataclass(frozen=True)
class Column:
    """One column: its heading, the unit of its numbers, and the side its cells stand on ("left", "right").

    A left column holds text, which may wrap where the space is short; a right one holds numbers, which never do.
    """

    heading: str
    align: Alignment = "left"
    unit: str = ""

    def __post_init__(self) -> None:
        """Refuse an alignment that does not exist."""
        if self.align not in ("left", "right"):
            raise UsageError(f"column {self.heading!r}: unknown alignment {self.align!r}. Choose one of: left, right")

    @property
    def full_heading(self) -> str:
        """Heading with the unit: "latency (ms)"."""
        return printable(f"{self.heading} ({self.unit})" if self.unit else self.heading)


@dataclass(frozen=True)
class Sheet:
    """Rows of plain values under a header, for programs: what becomes comma-separated values."""

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Table:
    """A title, columns, and rows of as many cells; `note` is a line below, or several.

    Cells are text, numbers (shown with `str`) or None (shown as a dash). Any sequence is taken and kept as a tuple.
    `sheet` holds the same for programs, where that is more than what people are shown (see `to_sheet`).
    Raises UsageError when there is no column or when a row has another number of cells.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]] = field(default=())
    note: str = ""
    sheet: Sheet | None = None

    def __post_init__(self) -> None:
        """Freeze what came as lists, and check that every row fits."""
        object.__setattr__(self, "columns", tuple(self.columns))
        object.__setattr__(self, "rows", tuple(tuple(row) for row in self.rows))
        if not self.columns:
            raise UsageError(f"table {self.title!r} has no columns")
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.columns):
                raise UsageError(
                    f"table {self.title!r}, row {number}: {len(row)} cells for {len(self.columns)} columns"
                )

    def to_sheet(self) -> Sheet:
        """The rows for programs: those of `sheet`, else what is shown under a heading."""
        if self.sheet is not None:
            return self.sheet
        headed = [place for place, column in enumerate(self.columns) if column.heading]
        return Sheet(
            [self.columns[place].full_heading for place in headed],
            [[row[place] for place in headed] for row in self.rows],
        )

    def cells(self) -> list[list[str]]:
        """All rows as cleaned text, as both faces show them."""
        return [[MISSING if cell is None else printable(str(cell)) for cell in row] for row in self.rows]

    def to_text(self, width: int | None = None) -> str:
        """Aligned plain text that ends with a line break.

        `width` in terminal cells is kept where possible: first the headings and the columns of text wrap, then long
        words break; when the numbers alone do not fit, each row becomes a list of "heading  value" lines. Nothing is
        ever cut off. None means as wide as the content.
        """
        return "".join(line.rstrip() + "\n" for _, line in self.lines(width))

    def lines(self, width: int | None = None) -> list[tuple[str, str]]:
        """List the lines of `to_text` with what each one is: "title", "heading", "rule", "row", "note" or "blank"."""
        space = max(width, 1) if width is not None else 1_000_000
        title = [("title", line) for line in wrap(printable(self.title), space)] if self.title else []
        paragraphs = self.note.split("\n") if self.note else []
        note = [("note", line) for part in paragraphs for line in wrap(printable(part), space)]
        blank = [("blank", "")]
        return title + blank * bool(title) + self._body(space) + blank * bool(note) + note

    def _body(self, space: int) -> list[tuple[str, str]]:
        widths = self._widths(space)
        if widths is None:
            return self._stacked(space)
        lines: list[tuple[str, str]] = []
        if self._has_headings:
            heading = self._row_lines([column.full_heading for column in self.columns], widths)
            lines += [("heading", line) for line in heading]
            lines.append(("rule", "-" * (sum(widths) + len(_GAP) * (len(widths) - 1))))
        for row in self.cells():
            lines += [("row", line) for line in self._row_lines(row, widths)]
        return lines

    @property
    def _has_headings(self) -> bool:
        """Whether any column has a heading; a list of names and values has none."""
        return any(column.full_heading for column in self.columns)

    def _row_lines(self, cells: list[str], widths: list[int]) -> list[str]:
        wrapped = [wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
        height = max(len(lines) for lines in wrapped)
        return [
            _GAP.join(
                pad(lines[index] if index < len(lines) else "", width, column.align)
                for lines, width, column in zip(wrapped, widths, self.columns, strict=True)
            )
            for index in range(height)
        ]

    def _widths(self, space: int) -> list[int] | None:
        """Cells for each column, as wide as its content where that fits; None where there is no way to fit."""
        free = space - len(_GAP) * (len(self.columns) - 1)
        content = list(zip(*self.cells(), strict=True)) or [()] * len(self.columns)
        natural = [
            max(map(display_width, (column.full_heading, *cells)))
            for column, cells in zip(self.columns, content, strict=True)
        ]
        whole_words = [_narrowest(column, cells) for column, cells in zip(self.columns, content, strict=True)]
        broken = [
            min(words, _NARROWEST) if column.align == "left" else words
            for column, words in zip(self.columns, whole_words, strict=True)
        ]
        for widest, floor in ((natural, whole_words), (whole_words, broken)):
            if sum(floor) <= free:
                return _shrink(widest, floor, free)
        return None

    def _stacked(self, space: int) -> list[tuple[str, str]]:
        """Each row as a list of its cells, for tables whose numbers are wider than the line."""
        headings = [column.full_heading for column in self.columns]
        pairs = [pair for row in self.cells() for pair in zip(self.columns, row, strict=True)]
        numbers = [cell for column, cell in pairs if column.align == "right"]
        beside = space - len(_GAP) - max(map(display_width, numbers), default=0)
        left = min(max(map(display_width, headings)), max(space // 2 - len(_GAP), 1), max(beside, 6))
        right = max(space - left - len(_GAP), 1)
        lines: list[tuple[str, str]] = []
        for row in self.cells() or [[""] * len(headings)]:
            lines.append(("rule", "-" * min(space, left + len(_GAP) + right, 40)))
            for heading, cell in zip(headings, row, strict=True):
                lines += [("row", line) for line in _side_by_side(heading, left, cell, right)]
        return lines

    def to_html(self) -> Html:
        """Build the table; on a phone one of more than three columns shows each row as a card of what it says."""
        heads = [element("th", c.full_heading, scope="col", class_=_side(c)) for c in self.columns]
        body = [element("tr", *self._html_row(row)) for row in self.cells()]
        table = element(
            "table",
            element("caption", self.title) if self.title else Html(""),
            element("thead", element("tr", *heads)) if self._has_headings else Html(""),
            element("tbody", *body),
            class_="cards" if len(self.columns) > _BESIDE_ON_PHONE else None,
        )
        # tabindex: without it, a keyboard cannot scroll the container.
        region = element("div", table, class_="scroll", role="region", aria_label=self.title or "table", tabindex="0")
        note = element("p", self.note, class_="note") if self.note else Html("")
        return element("div", region, note, class_="table")

    def _html_row(self, row: list[str]) -> list[Html]:
        first = element("th", breakable(row[0]), scope="row", class_=_side(self.columns[0]))
        rest = [
            element("td", cell, class_=_side(column), data_heading=column.full_heading or None)
            for column, cell in zip(self.columns[1:], row[1:], strict=True)
        ]
        return [first, *rest]


def _narrowest(column: Column, cells: Sequence[str]) -> int:
    """Cells below which a word of text, or a number with its unit, would have to be broken."""
    cell_width = display_width if column.align == "right" else longest_word
    return max([longest_word(column.full_heading), *map(cell_width, cells)])


def _shrink(natural: list[int], floor: list[int], free: int) -> list[int]:
    """Take cells from the widest column that still has some to give until all columns fit."""
    widths = list(natural)
    while sum(widths) > free:
        givers = [index for index, width in enumerate(widths) if width > floor[index]]
        widths[max(givers, key=lambda index: widths[index])] -= 1
    return widths


def _side_by_side(heading: str, left: int, cell: str, right: int) -> list[str]:
    headings, cells = wrap(heading, left), wrap(cell, right)
    height = max(len(headings), len(cells))
    headings += [""] * (height - len(headings))
    cells += [""] * (height - len(cells))
    return [pad(head, left, "left") + _GAP + value for head, value in zip(headings, cells, strict=True)]


def _side(column: Column) -> str | None:
    return "number" if column.align == "right" else None
