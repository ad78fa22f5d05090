"""The commands and scripts on the pages, run in the order in which they stand there, print what the pages show.

A block that begins with ```console run is run, one with ```console slow only by `make test-extras`. `file=NAME` writes
a block to a file first; ```python run file=NAME also runs it, and the ```text output that follows is what it prints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .blocks import DOCS, Block, assert_shown, blocks

ALL_PAGES = (DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md")))
PAGES = [page for page in ALL_PAGES if page.name != "from-the-tutorial.md"]


# Verbs with verbs of their own.
GROUPS = {
    "fleet": ("release", "status", "withdraw"),
    "keys": ("list", "new", "retire", "show", "trust"),
    "models": ("get", "list", "remove"),
}


def has(page: Path, word: str) -> bool:
    return any(word in block.words for block in blocks(page))


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """(command, what it prints) of a console block."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def walk(page: Path, folder: Path, shell: Callable, words: tuple[str, ...]) -> None:
    """Do what the page says, block after block."""
    printed = ""
    for block in blocks(page):
        name = next((word.removeprefix("file=") for word in block.words if word.startswith("file=")), None)
        if name is not None:
            (folder / name).write_text(block.text)
        if block.words[:1] == ("console",) and set(words) & set(block.words):
            for command, shown in commands(block):
                assert_shown(shown, shell(command, folder).stdout)
        if block.words[:2] == ("python", "run"):
            done = shell(f"python {name or '- <<END'}" + ("" if name else f"\n{block.text}END"), folder)
            assert done.returncode == 0, f"{page.name}, line {block.line}:\n{done.stdout}"
            printed = done.stdout
        if block.words == ("text", "output"):
            assert_shown(block.text, printed)


@pytest.mark.parametrize("page", [page for page in PAGES if has(page, "run")], ids=lambda page: page.name)
def test_the_page_says_what_happens(page: Path, desk: Callable[[Path], Path], shell: Callable):
    walk(page, desk(page), shell, ("run",))


@pytest.mark.extras
@pytest.mark.parametrize("page", [page for page in PAGES if has(page, "slow")], ids=lambda page: page.name)
def test_the_slow_parts_too(page: Path, desk: Callable[[Path], Path], shell: Callable):
    walk(page, desk(page), shell, ("run", "slow"))


def test_commands_on_the_pages_exist(shell: Callable, tmp_path: Path):
    """Also in blocks that are not run, each verb is one, and each option is an option of it."""
    help_of: dict[str, str] = {}
    for page in ALL_PAGES:
        for block in blocks(page):
            for line in re.findall(r"^\$ edgewright (.*)$", block.text, re.MULTILINE):
                verb, *words = line.split()
                if words and words[0] in GROUPS.get(verb, ()):
                    verb = f"{verb} {words[0]}"
                if verb not in help_of:
                    help_of[verb] = shell(f"edgewright {verb} --help", tmp_path).stdout
                for option in (word for word in words if re.match("--?[a-z]", word)):
                    assert re.search(rf"(?<!\S){option}(?![\w-])", help_of[verb]), f"{page.name}: {line}: {option}"
