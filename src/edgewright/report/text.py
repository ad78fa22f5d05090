"""Text from anywhere made fit to be shown: no control characters, measured in terminal cells, wrapped, shortened."""

from __future__ import annotations

import re
import unicodedata

# Labels come out of files that strangers wrote. Escape sequences would steer a terminal, lone surrogates cannot be
# encoded, and explicit direction marks (Unicode Bidirectional Algorithm, UAX #9) can make text read as another text.
_UNFIT = "[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"

# What a spreadsheet takes for the beginning of a formula, also as wide letters.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")

_BREAK_AFTER = "._-/\\:,"


# Characters. No label and no name is longer; a paragraph of ours is shorter.
_LONGEST_SHOWN = 4000


def printable(text: object) -> str:
    """Text from anywhere, fit for a terminal, a log or a page.

    It stands on one line: any white space becomes one blank, what must not be shown becomes U+FFFD, and what is over
    4,000 characters is left out of the middle.
    """
    shown = " ".join(shorten(str(text), 4 * _LONGEST_SHOWN).split())
    if not shown.isprintable():  # Most texts are, for which no expression need be compiled.
        shown = re.sub(_UNFIT, "\ufffd", shown)
    return shorten(shown, _LONGEST_SHOWN)


def csv_text(text: object) -> str:
    """Text for a cell of comma-separated values: printable, and no formula to a spreadsheet that opens it.

    Source: OWASP, CSV Injection. Numbers must not go through it: -1 would become text.
    """
    shown = printable(text)
    return f"'{shown}" if shown.startswith(_FORMULA) or str(text).startswith(("\t", "\r")) else shown


def display_width(text: str) -> int:
    """Terminal cells that cleaned text takes: 2 for wide East Asian characters (UAX #11), 0 for combining marks."""
    return len(text) if text.isascii() else sum(_cells(char) for char in text)


def pad(text: str, width: int, align: str) -> str:
    """Text filled up with blanks to `width` cells, on the side that `align` ("left", "right") leaves free."""
    blanks = " " * (width - display_width(text))
    return blanks + text if align == "right" else text + blanks


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken between words, inside a word only where it is longer than a line."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and display_width(lines[-1]) + 1 + display_width(word) <= width:
            lines[-1] += " " + word
        else:
            lines.extend(_pieces(word, width))
    return lines or [""]


def longest_word(text: str) -> int:
    """Cells of the longest word."""
    return max(display_width(word) for word in text.split(" "))


def shorten(text: str, length: int) -> str:
    """At most `length` characters; what is too much is taken out of the middle, where names differ least."""
    if len(text) <= length:
        return text
    head = (length - 1) // 2
    return text[:head] + "…" + text[len(text) - (length - 1 - head) :]


def cut(text: str, width: int) -> str:
    """At most `width` cells of cleaned text; what is too much is taken off its end."""
    if display_width(text) <= width:
        return text
    return f"{text[: _most_that_fits(text, width - 1)]}…"


def _cells(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _pieces(word: str, width: int) -> list[str]:
    """Cut a word that is longer than a line, after a sign such as "." or "_" where there is one."""
    pieces = []
    while display_width(word) > width:
        cut = _most_that_fits(word, width)
        at_sign = max(word.rfind(sign, 0, cut) for sign in _BREAK_AFTER) + 1
        cut = at_sign if at_sign > cut // 3 else cut
        pieces.append(word[:cut])
        word = word[cut:]
    return [*pieces, word] if word or not pieces else pieces


def _most_that_fits(word: str, width: int) -> int:
    """How many characters fit; at least one, with the combining marks that belong to the last."""
    used, length = _cells(word[0]), 1
    while length < len(word) and used + _cells(word[length]) <= width:
        used += _cells(word[length])
        length += 1
    return length


def bar(share: float, width: int = 20) -> str:
    """A share, 0 to 1, as blocks of a bar that is `width` cells long at 1."""
    return "█" * round(width * min(max(share, 0.0), 1.0))
