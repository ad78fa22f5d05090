"""Text that spreadsheets and terminals are shown: no formula, no escape, of a bounded length."""

from __future__ import annotations

import pytest

from edgewright.report import csv_text, printable


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\uff1d1", "\x0b=1", "\tplain"]
)
def test_what_a_spreadsheet_takes_for_a_formula_becomes_text(text: str) -> None:
    assert csv_text(text).startswith("'")


def test_other_text_stays_as_it_is() -> None:
    assert csv_text("golden retriever, 'old' = new") == "golden retriever, 'old' = new"


def test_what_would_steer_a_terminal_is_not_shown() -> None:
    assert (
        printable("\x1b]0;title\x07 \x1b[2J\x9b31m\u202egpj.exe\ud800\n")
        == "\ufffd]0;title\ufffd \ufffd[2J\ufffd31m\ufffdgpj.exe\ufffd"
    )


def test_text_of_megabytes_is_shortened() -> None:
    assert len(printable("x" * 10**7)) == 4000
