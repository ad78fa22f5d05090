"""README lists what there is: the verbs, the extras, the targets of make."""

from __future__ import annotations

import re
import tomllib

from edgewright.cli.app import VERBS

from .blocks import DOCS

ROOT = DOCS.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def first_cells() -> set[str]:
    """The words in the first column of the tables."""
    return set(re.findall(r"^\| `([\w-]+)` \|", README, re.MULTILINE))


def test_all_verbs_and_extras_are_listed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert first_cells() == set(VERBS) | set(project["optional-dependencies"])


def test_targets_of_make_exist():
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"\bmake ([a-z-]+)", README)) <= set(targets)


def test_exit_codes_are_those_of_the_program():
    from edgewright.cli.app import FAILED, INTERRUPTED, WRONG_USAGE

    sentence = " ".join(README.split())
    assert f"0 done, {FAILED} failed, {WRONG_USAGE} wrong usage, {INTERRUPTED} stopped with Ctrl-C" in sentence
