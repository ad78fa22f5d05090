"""Reads the texts of the source that people may come to see: all but docstrings and names in tables."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import edgewright

SOURCE = Path(edgewright.__file__).parent

ROOMS = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py") if path.parent.name != "cli")


class Text(NamedTuple):
    """A text in the source; `{}` stands for what an f-string puts in."""

    path: str
    line: int
    text: str


def arguments() -> frozenset[str]:
    """The names of all arguments of what the rooms export: functions, and the constructors and methods of classes."""
    found: set[str] = set()
    for room in ROOMS:
        module = import_module(f"edgewright.{room}")
        for name in module.__all__:
            found.update(_parameters(getattr(module, name)))
    return frozenset(found)


def _parameters(value: object) -> Iterator[str]:
    if not callable(value):
        return
    yield from _signature(value)
    if inspect.isclass(value):
        for name, method in inspect.getmembers(value, callable):
            if not name.startswith("_"):
                yield from _signature(method)


def _signature(function: object) -> Iterator[str]:
    try:
        yield from inspect.signature(function).parameters
    except (TypeError, ValueError):  # built in
        return


def texts() -> Iterator[Text]:
    """Every sentence of the source: texts with a blank in them that are no docstrings."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        skipped = parts | {id(text) for text in _docstrings(tree)}
        for node in ast.walk(tree):
            text = _text(node)
            if text is not None and id(node) not in skipped and " " in text.strip():
                yield Text(str(path.relative_to(SOURCE)), node.lineno, text)


def _docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    """Texts that stand for themselves: docstrings, those of attributes included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def python_names(text: str, known: frozenset[str]) -> list[str]:
    """Arguments of Python that a text names: `overwrite=`, and `input_shape`, which is no word of English."""
    words = re.findall(r"(?<![\w.'\"-])([a-z_]+)\b(=|(?!\())", text)
    return sorted({word for word, equals in words if word in known and (equals or "_" in word)})
