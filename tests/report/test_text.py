"""Text is safe to show, measured as a terminal measures it, and complete after wrapping."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.report.text import display_width, pad, printable, shorten, wrap


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\ufffd[31mred"),
        ("two\nlines\tand\r\nmore", "two lines and more"),
        ("  blanks   inside ", "blanks inside"),
        ("gpj.\u202eexe", "gpj.\ufffdexe"),
        ("\ud800lone", "\ufffdlone"),
        ("null\0", "null\ufffd"),
        ("\x9b2J", "\ufffd2J"),
        ("犬 Übung", "犬 Übung"),
    ],
)
def test_what_steers_a_terminal_or_misleads_a_reader_becomes_visible(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_cleaned_text_is_one_encodable_line_of_printable_characters(text: str) -> None:
    cleaned = printable(text)
    assert len(cleaned.splitlines()) <= 1
    cleaned.encode("utf-8")
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in cleaned)
    assert printable(cleaned) == cleaned


@pytest.mark.parametrize(("text", "cells"), [("dog", 3), ("犬", 2), ("e\u0301", 1), ("\uff26", 2), ("", 0)])
def test_width_is_counted_in_terminal_cells(text: str, cells: int) -> None:
    assert display_width(text) == cells


@given(st.text(), st.integers(2, 40))
def test_wrapping_keeps_the_width_and_every_character(text: str, width: int) -> None:
    lines = wrap(printable(text), width)
    assert all(display_width(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == printable(text).replace(" ", "")


@given(st.lists(st.text("abc", min_size=1, max_size=8), min_size=1), st.integers(8, 30))
def test_words_that_fit_are_never_broken(words: list[str], width: int) -> None:
    assert " ".join(wrap(" ".join(words), width)).split(" ") == words


def test_a_long_file_name_breaks_after_its_sign() -> None:
    assert wrap("digits.dynamic.tflite", 16) == ["digits.dynamic.", "tflite"]


def test_padding_stands_on_the_side_that_is_free() -> None:
    assert pad("犬", 4, "left") == "犬  "
    assert pad("12", 4, "right") == "  12"


@given(st.text(), st.integers(3, 30))
def test_shortened_text_fits_and_keeps_both_ends(text: str, length: int) -> None:
    short = shorten(text, length)
    assert len(short) <= length
    assert short[0:1] == text[0:1]
    assert short[-1:] == text[-1:]
