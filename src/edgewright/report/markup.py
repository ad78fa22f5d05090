"""HTML and SVG elements as values: plain text is escaped, only what was built here is taken as it is."""

from __future__ import annotations

import re
from typing import Protocol

from edgewright.report.text import printable

_VOID = frozenset({"br", "img", "link", "meta", "wbr"})


class Html(str):
    """Markup that is already safe: it goes into a page unescaped. Everything else is text and is escaped."""

    __slots__ = ()


class Block(Protocol):
    """Anything that a page can hold."""

    def to_html(self) -> Html:
        """Return the finished markup of this block."""


def element(name: str, *children: str, **attributes: str | float | None) -> Html:
    """Build one element: `element("th", label, scope="col", class_="right")`.

    Text children and attribute values are cleaned and escaped, and shortened where no label is so long, unless they are
    `Html`. In attribute names a final `_` is dropped and the others become `-`; an attribute that is None is left out.
    """
    opening = f"<{name}{''.join(_attribute(*pair) for pair in attributes.items())}>"
    return Html(opening) if name in _VOID else Html(f"{opening}{join(*children)}</{name}>")


def join(*children: str) -> Html:
    """Children one after the other; those that are plain text are escaped."""
    return Html("".join(child if isinstance(child, Html) else _escaped(printable(child)) for child in children))


def breakable(text: str) -> Html:
    """Escape text so that it may be broken after the signs inside file names."""
    return Html(re.sub(r"([._/\\-])(?=\w)", r"\1<wbr>", _escaped(printable(text))))


def _attribute(name: str, value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, Html):
        return f' {name.rstrip("_").replace("_", "-")}="{value}"'
    shown = printable(value) if isinstance(value, str) else f"{value:g}"
    return f' {name.rstrip("_").replace("_", "-")}="{_escaped(shown)}"'


def _escaped(text: str) -> str:
    from html import escape  # brings a table of all entities, which a table on a terminal has no use for

    return escape(text)
