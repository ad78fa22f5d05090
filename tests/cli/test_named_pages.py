"""Messages and help name no page of the documentation: a package from an index has none."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click

import edgewright
from edgewright.cli import app

SOURCE = Path(edgewright.__file__).parent
_PAGE = re.compile(r"\bdocs/|\b[\w-]+\.md\b")


def said(path: Path) -> Iterator[str]:
    """The texts of a module but for its docstrings, which are for those who read the code."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_no_message_names_a_page():
    # What `check --json` has of an obstacle is the name of its section, for those who have the pages. A folder
    # that is exported has a page of its own.
    allowed = {"unsupported-ops.md", "README.md", "README.md.in"}
    assert [
        (path.relative_to(SOURCE).as_posix(), text)
        for path in sorted(SOURCE.rglob("*.py"))
        for text in said(path)
        if _PAGE.search(text) and text not in allowed
    ] == []


def test_no_help_names_a_page():
    group = next(value for value in vars(app).values() if isinstance(value, click.Group))
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        assert not _PAGE.search(command.get_help(click.Context(command)))
