"""Each option that a page names in its text is one of `edgewright`, or of a program that is named here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from edgewright.cli import app

from .blocks import DOCS

ROOT = DOCS.parent
PAGES = sorted(page for page in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")] if page.parent.name != "reference")

# Code spans that begin with one of these are about other programs.
PROGRAMS = ("git", "pip", "python", "rpicam-hello", "twine", "v4l2-ctl")
# Options of other programs that stand by themselves: the option -> whose it is.
OTHERS = {
    "--listen": "rpicam-vid",
    "--pictures": "benchmarks/folder.py",
    "--unsigned": "device.pyz, which a device runs",
}


def options_of(command: click.Command) -> Iterator[str]:
    """The options of a command and of the commands below it."""
    context = click.Context(command)
    for parameter in command.get_params(context):
        yield from (*parameter.opts, *parameter.secondary_opts)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from options_of(below)


@pytest.fixture(scope="module")
def known() -> frozenset[str]:
    group = next(value for value in vars(app).values() if isinstance(value, click.Group))
    return frozenset(options_of(group)) | {"--debug"}


def named(page: Path) -> set[str]:
    """The options in code spans of a page's text, whatever else is in the span; fenced blocks are no text."""
    text = re.sub(r"^( *)```.*?^\1```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    spans = re.findall(r"(?<!`)`([^`]+)`(?!`)", text)
    ours = [span for span in spans if Path(span.split()[0]).name not in PROGRAMS]
    return {option for span in ours for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", span)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_in_the_text_exist(page: Path, known: frozenset[str]) -> None:
    assert named(page) - known - OTHERS.keys() == set()


def test_no_option_of_another_program_is_listed_that_no_page_names() -> None:
    assert OTHERS.keys() <= {option for page in PAGES for option in named(page)}
