"""Fenced blocks of a Markdown page, and a loose comparison of what a page shows with what a run prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"

_FENCE = re.compile(r"^(`{3,})(.*)$")
_HEADING = re.compile(r"^(#+) (.*)$")
# How much numbers may differ.
_SCORES, _SHARE = 0.05, 0.25

_NUMBER = re.compile(r"[-−+±]?\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Block:
    """One fenced block: the words after the fence ("python", "old"), its text, and the headings it stands under."""

    words: tuple[str, ...]
    text: str
    line: int
    headings: tuple[str, ...]


def blocks(page: Path) -> Iterator[Block]:
    headings: list[str] = []
    lines = iter(enumerate(page.read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        if heading := _HEADING.match(line):
            headings[len(heading[1]) - 1 :] = [heading[2]]
        if fence := _FENCE.match(line):
            inside: list[str] = []
            for _, text in lines:
                if text.strip() == fence[1]:
                    break
                inside.append(text)
            yield Block(tuple(fence[2].split()), "\n".join(inside) + "\n", number, tuple(headings))


def assert_shown(shown: str, printed: str) -> None:
    """Every line of the page's output is a line of the real one, in that order.

    Numbers may differ by a quarter, by two units of their last digit, and scores (0 to 1) by a twentieth: another
    processor rounds and trains in another way. A line `…` stands for any lines, and `…` in one for any words. Rules of
    tables, bars, and space between words do not count.
    """
    real = [_tokens(line) for line in printed.splitlines()]
    position = 0
    for line in shown.splitlines():
        wanted = _tokens(line)
        if not wanted or line.strip() in ("…", "..."):
            continue
        found = next((place for place in range(position, len(real)) if _alike(wanted, real[place])), None)
        assert found is not None, f"the page shows:\n{line}\nwhich is not (or not there) in:\n{printed}"
        position = found + 1


def _tokens(line: str) -> list[str]:
    bare = re.sub("[─━═█▏▎▍▌▋▊▉-]{2,}|[█▏▎▍▌▋▊▉]", " ", line)
    return re.findall(rf"{_NUMBER.pattern}|[^\W\d]+|[^\w\s]", bare)


def _alike(wanted: list[str], real: list[str]) -> bool:
    if "…" in wanted:
        start = wanted.index("…")
        rest = wanted[start + 1 :]
        ends = [real[place:] for place in range(start, len(real) + 1)]
        return _alike(wanted[:start], real[:start]) and any(_alike(rest, end) for end in ends)
    return len(wanted) == len(real) and all(map(_same, wanted, real))


def _same(wanted: str, real: str) -> bool:
    if wanted == real:
        return True
    if not (_NUMBER.fullmatch(wanted) and _NUMBER.fullmatch(real)):
        return False
    a, b = (float(re.sub("[−,±+]", "", text)) for text in (wanted, real))
    if "." in wanted and max(abs(a), abs(b)) <= 1:
        return abs(a - b) <= _SCORES
    return abs(a - b) <= max(_SHARE * max(abs(a), abs(b)), 2 * 10.0 ** -len(wanted.partition(".")[2]))
