"""XML of strangers as plain nodes: no entities, no document types, nothing fetched, and limits for everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from edgewright.errors import DataError
from edgewright.media import file_errors, one_line

_MAX_BYTES = 8 * 1024**2
_MAX_DEPTH = 32
_MAX_NODES = 200_000


@dataclass
class Node:
    """An element: its tag, its text, and the elements in it."""

    tag: str
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, tag: str) -> Iterator[Node]:
        """The elements of a tag directly in it."""
        return (child for child in self.children if child.tag == tag)

    def first(self, tag: str) -> Node | None:
        """The first of them."""
        return next(self.all(tag), None)

    def text_of(self, tag: str) -> str:
        """The text of the first of them; nothing where there is none."""
        child = self.first(tag)
        return "" if child is None else child.text.strip()


def parse_xml(path: Path) -> Node:
    """Read a file of at most 8 MB. Raises DataError for what is no XML, declares anything, or is too deep."""
    with file_errors(path):
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise DataError(f"{one_line(path)}: {size} bytes, over the limit of {_MAX_BYTES} for an annotation")
        content = path.read_bytes()
    try:
        return _Parser().parse(content)
    except (expat.ExpatError, _RefusedError, LookupError, ValueError) as problem:
        raise DataError(f"{one_line(path)}: no XML that can be read ({one_line(problem)[:120]})") from problem


class _RefusedError(Exception):
    """What expat would do, and must not."""


class _Parser:
    def __init__(self) -> None:
        self._root = Node("")
        self._open = [self._root]
        self._nodes = 0

    def parse(self, content: bytes) -> Node:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = lambda tag: self._open.pop()
        parser.CharacterDataHandler = self._text
        # An entity, which could grow without end or name a file, is declared in a document type.
        parser.StartDoctypeDeclHandler = _refuse("a document type is declared in it")
        parser.EntityDeclHandler = _refuse("an entity is declared in it")
        parser.ExternalEntityRefHandler = _refuse("it refers to another file")
        parser.Parse(content, True)
        return self._root.children[0]

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._nodes += 1
        if len(self._open) > _MAX_DEPTH or self._nodes > _MAX_NODES:
            raise _RefusedError(f"over {_MAX_DEPTH} elements deep, or over {_MAX_NODES} of them")
        node = Node(tag)
        self._open[-1].children.append(node)
        self._open.append(node)

    def _text(self, text: str) -> None:
        self._open[-1].text += text


def _refuse(what: str) -> Any:
    def handler(*arguments: object) -> None:
        raise _RefusedError(f"{what}, which is not allowed")

    return handler
