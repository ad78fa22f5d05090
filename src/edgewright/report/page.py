"""One self-contained HTML page: no script, no request to anywhere, everything escaped."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgewright.files import write_atomic
from edgewright.report.blocks import KeyFigures
from edgewright.report.markup import Block, Html, element
from edgewright.report.style import style_sheet


@dataclass(frozen=True)
class Section:
    """A heading and the blocks below it."""

    heading: str
    blocks: Sequence[Block]

    def to_html(self) -> Html:
        """Build the section."""
        return element("section", element("h2", self.heading), *(block.to_html() for block in self.blocks))


@dataclass(frozen=True)
class Page:
    """A page: title, subtitle, the key figures under them, sections, and a line at the foot."""

    title: str
    subtitle: str = ""
    sections: Sequence[Section] = ()
    figures: KeyFigures | None = None
    footer: str = ""

    def to_html(self) -> str:
        """Build the whole document.

        Its Content-Security-Policy allows this one style sheet, by its SHA-256, and pictures that are part of the
        page; scripts, fonts, frames, forms and every request are forbidden, so that a label which did get through as
        markup could still do nothing.
        """
        body = element(
            "body", self._header(), element("main", *(part.to_html() for part in self.sections)), self._foot()
        )
        return f"<!DOCTYPE html>\n{element('html', _head(self.title), body, lang='en')}\n"

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the page to a file, whole or not at all, and return its path.

        Raises OutputError when the file exists and `overwrite` is not set, or when it cannot be written.
        """
        write_atomic(Path(path), self.to_html().encode("utf-8"), overwrite=overwrite)
        return Path(path)

    def _header(self) -> Html:
        subtitle = element("p", self.subtitle, class_="subtitle") if self.subtitle else Html("")
        figures = self.figures.to_html() if self.figures else Html("")
        return element("header", element("h1", self.title), subtitle, figures)

    def _foot(self) -> Html:
        return element("footer", self.footer) if self.footer else Html("")


def _head(title: str) -> Html:
    style = style_sheet()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name_="color-scheme", content="light dark"),
        element("meta", name_="referrer", content="no-referrer"),
        element("title", title),
        # Without an icon of its own, a browser asks the server for one.
        element("link", rel="icon", href="data:,"),
        element("style", Html(style)),
    )
