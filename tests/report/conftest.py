"""A strict reader of pages, for the tests: every tag closed in order, what it holds, where it points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

_VOID = {"br", "img", "link", "meta", "wbr"}
_POINTING = {"src", "href", "srcset", "action", "data", "poster", "xlink:href", "background", "formaction"}


@dataclass
class Node:
    tag: str
    attributes: dict[str, str]
    inside: tuple[str, ...]
    text: str = ""


@dataclass
class Document:
    nodes: list[Node] = field(default_factory=list)
    declaration: str = ""

    def all(self, tag: str) -> list[Node]:
        return [node for node in self.nodes if node.tag == tag]

    def with_class(self, name: str) -> list[Node]:
        return [node for node in self.nodes if name in node.attributes.get("class", "").split()]

    @property
    def pointers(self) -> list[str]:
        return [value for node in self.nodes for key, value in node.attributes.items() if key in _POINTING]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.document = Document()
        self._open: list[Node] = []

    def handle_decl(self, decl: str) -> None:
        self.document.declaration = decl

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({key for key, _ in attrs}) == len(attrs), f"<{tag}> has an attribute twice: {attrs}"
        node = Node(tag, {key: value or "" for key, value in attrs}, tuple(each.tag for each in self._open))
        self.document.nodes.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for node in self._open:
            node.text += data

    def finish(self) -> Document:
        self.close()
        assert not self._open, f"never closed: {[node.tag for node in self._open]}"
        return self.document


def _read(markup: str) -> Document:
    reader = _Reader()
    reader.feed(markup)
    return reader.finish()


@pytest.fixture(scope="session")
def read_html() -> Callable[[str], Document]:
    """Reads markup into a document; fails on a tag that is not closed, or closed out of order."""
    return _read
