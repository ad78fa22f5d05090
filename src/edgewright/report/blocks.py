"""The plain parts of a page: paragraphs, code, facts, key figures, and blocks side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from edgewright.errors import UsageError
from edgewright.report.markup import Block, Html, element
from edgewright.report.text import printable


@dataclass(frozen=True)
class Paragraph:
    """Running text; `kind` "warning" sets off what the reader must not miss."""

    text: str
    kind: Literal["plain", "warning"] = "plain"

    def __post_init__(self) -> None:
        """Refuse a kind that does not exist."""
        if self.kind not in ("plain", "warning"):
            raise UsageError(f"unknown kind of paragraph {self.kind!r}. Choose one of: plain, warning")

    def to_html(self) -> Html:
        """Build the paragraph."""
        return element("p", self.text, class_=None if self.kind == "plain" else self.kind)


@dataclass(frozen=True)
class Code:
    """Commands or output, with its line breaks."""

    text: str

    def to_html(self) -> Html:
        """Build the block; only line breaks and indentation survive of the white space."""
        lines = (
            " " * (len(line) - len(line.lstrip(" "))) + printable(line) for line in self.text.rstrip().splitlines()
        )
        return element("pre", element("code", Html(escape("\n".join(lines)))), tabindex="0")


@dataclass(frozen=True)
class Facts:
    """Names and values, such as machine, versions and seed; a mapping or pairs."""

    facts: Mapping[str, str] | Sequence[tuple[str, str]]

    def to_html(self) -> Html:
        """Build the list."""
        pairs = self.facts.items() if isinstance(self.facts, Mapping) else self.facts
        rows = [element("div", element("dt", name), element("dd", str(value))) for name, value in pairs]
        return element("dl", *rows, class_="facts")


@dataclass(frozen=True)
class KeyFigure:
    """One number in large type: what it is, the number, and a few words to it."""

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True)
class KeyFigures:
    """The handful of numbers that the page is about."""

    figures: Sequence[KeyFigure]

    def to_html(self) -> Html:
        """Build the tiles."""
        return element("dl", *map(_tile, self.figures), class_="figures")


@dataclass(frozen=True)
class SideBySide:
    """Blocks beside each other where the screen is wide enough, else one below the other."""

    blocks: Sequence[Block]

    def to_html(self) -> Html:
        """Build the row."""
        return element("div", *(block.to_html() for block in self.blocks), class_="side-by-side")


def _tile(figure: KeyFigure) -> Html:
    detail = element("dd", figure.detail, class_="detail") if figure.detail else Html("")
    return element("div", element("dt", figure.label), element("dd", figure.value, class_="value"), detail)
