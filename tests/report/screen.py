"""A terminal of so many columns: what stands on it after all that was written to it."""

from __future__ import annotations

import re

from edgewright.report.text import display_width

_PARTS = re.compile(r"\x1b\[(?P<number>\d*)(?P<kind>[A-Za-z])|(?P<sign>.)", re.DOTALL)


def screen(written: str, columns: int) -> list[str]:
    """Its lines; knows the sequences that the library writes, and raises for any other."""
    rows, row, column = [""], 0, 0
    for part in _PARTS.finditer(re.sub(r"\x1b\[[\d;]*m", "", written)):
        sign, kind = part["sign"], part["kind"]
        if kind == "A":
            row = max(0, row - int(part["number"] or 1))
        elif kind == "J":
            rows[row:] = [rows[row][:column]]
        elif sign == "\r":
            column = 0
        elif sign == "\n":
            row += 1
        elif sign is not None and sign >= " ":
            width = display_width(sign)
            if column + width > columns:
                row, column = row + 1, 0
            rows += [""] * (row + 1 - len(rows))
            if width:  # a combining mark stands on the sign before it
                rows[row] = rows[row][:column].ljust(column) + sign.ljust(width) + rows[row][column + width :]
            column += width
        else:
            raise ValueError(f"a terminal may not know {part[0]!r}")
        rows += [""] * (row + 1 - len(rows))
    return [line.rstrip() for line in rows]
