"""docs/reference/ is what the docstrings and the help texts say now."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

import edgewright

from .blocks import DOCS, blocks

REFERENCE = DOCS / "reference"


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("generate_reference", DOCS / "generate_reference.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    return generator.pages()


@pytest.mark.parametrize("name", ["api.md", "cli.md"])
def test_the_committed_page_is_what_is_generated(made: dict[str, str], name: str):
    committed = (REFERENCE / name).read_text(encoding="utf-8")
    assert committed == made[name], f"docs/reference/{name} is out of date; run: make docs"


def test_every_public_name_and_every_verb_is_there(made: dict[str, str]):
    from edgewright.cli.app import VERBS

    for name in set(edgewright.__all__) - {"__version__"}:
        assert re.search(rf"### edgewright\.{name}$|`{name}`", made["api.md"], re.MULTILINE), name
    for verb in VERBS:
        assert f"## edgewright {verb}\n" in made["cli.md"]


def test_nothing_in_it_depends_on_the_machine(made: dict[str, str]):
    for page in made.values():
        assert " at 0x" not in page
        assert str(Path.home()) not in page
        assert str(DOCS.parents[1]) not in page


def test_help_fits_a_narrow_terminal():
    for block in blocks(REFERENCE / "cli.md"):
        assert max(map(len, block.text.splitlines())) <= 80, block.headings
