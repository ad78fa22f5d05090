"""Reads the texts of the source that people may come to see: all but docstrings and names in tables."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
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


@cache
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


@cache
def trees() -> dict[str, ast.Module]:
    """All modules, by their paths."""
    paths = sorted(SOURCE.rglob("*.py"))
    return {str(path.relative_to(SOURCE)): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@cache
def texts() -> tuple[Text, ...]:
    """Every text of the source that is no docstring, no list of names at a room's door, and not for Python only."""
    rooms = (path for path in trees() if not path.endswith("__init__.py"))
    return tuple(text for path in rooms for text in _texts(path, trees()[path]))


def _texts(path: str, tree: ast.Module) -> Iterator[Text]:
    skipped = {id(node) for node in _skipped(tree)}
    for node in ast.walk(tree):
        text = _text(node)
        if text is not None and id(node) not in skipped:
            yield Text(path, node.lineno, text)


def _skipped(tree: ast.AST) -> Iterator[ast.AST]:
    """Parts of f-strings, texts that stand for themselves (docstrings), and `either(python=…)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from node.values
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        elif isinstance(node, ast.keyword) and node.arg == "python":
            yield from ast.walk(node.value)


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


@cache
def of_commands() -> frozenset[str]:
    """What is said on the command line only: the texts of `either(command=…)`."""
    return frozenset(
        _text(node.value) or ""
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "command"
    )


def typed_words(text: str) -> list[str]:
    """Options of the command line that a text names, but for those of a whole command that it tells to type."""
    return [] if "edgewright " in text else re.findall(r"(?:^|[ /]|(?<!\w)\()(--[a-z][a-z-]*)", text)


def python_names(text: str, known: frozenset[str]) -> list[str]:
    """Arguments of Python that a text names: `overwrite=`, and `input_shape`, which is no word of English."""
    words = re.findall(r"(?<![\w.'\"-])([a-z_]+)\b(=|(?!\())", text)
    return sorted({word for word, equals in words if word in known and (equals or "_" in word)})


def python_calls(text: str, known: frozenset[str]) -> list[str]:
    """Functions of Python that a text tells to call: `open_engine()`."""
    return sorted({word for word in re.findall(r"(?<![\w.])([a-z]+_[a-z_]+)\(", text) if word in known})


@cache
def functions() -> frozenset[str]:
    """The names of all functions, classes and methods that the rooms export."""
    found: set[str] = set()
    for room in ROOMS:
        module = import_module(f"edgewright.{room}")
        for name in module.__all__:
            found.add(name)
            if inspect.isclass(getattr(module, name)):
                found.update(dir(getattr(module, name)))
    return frozenset(found)


@cache
def marked() -> tuple[Text, ...]:
    """The arguments that messages name as they should: the first word of each call of `spelling.argument`."""
    return tuple(
        Text(path, node.lineno, str(node.args[0].value))
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "argument"
        and isinstance(node.args[0], ast.Constant)
    )  # fmt: skip
