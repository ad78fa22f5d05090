"""README lists what there is: the verbs, the extras, the targets of make."""

from __future__ import annotations

import re
import tomllib

from edgewright.cli.app import VERBS

from .blocks import DOCS

ROOT = DOCS.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
INSTALLING = (DOCS / "installing.md").read_text(encoding="utf-8")


def test_all_verbs_are_listed_each_with_its_page():
    section = README.partition("## All of it")[2].partition("\n## ")[0]
    listed = re.findall(r"\[`([\w-]+)`\]\(docs/[^)]+\.md[^)]*\)", section)
    assert sorted(listed) == sorted(VERBS)


def first_cells(page: str) -> set[str]:
    """The words in the first column of the tables."""
    return set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE))


def test_all_extras_are_listed_and_each_says_what_it_is_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert first_cells(INSTALLING) == set(project["optional-dependencies"])
    assert not re.findall(r"^\|.*\|\s*\|$", INSTALLING, re.MULTILINE)


def test_the_pythons_are_those_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {text.rpartition(" ")[2] for text in project["classifiers"] if re.search(r"Python :: 3\.\d+$", text)}
    for page in (README, INSTALLING):
        assert set(re.findall(r"\b3\.1\d\b(?!\.)", page)) == named


def test_targets_of_make_exist():
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"\bmake ([a-z-]+)", README)) <= set(targets)


def test_the_number_of_models_is_that_of_the_list():
    from edgewright import hub

    shipped = len(list((ROOT / "src/edgewright/hub/entries").glob("*.toml")))
    assert f"{shipped} trained models by name" in README
    for name in re.findall(r"`([a-z]\w+_\w+)`", README):
        assert name in hub.names() or name in ("tf_keras", "tflite_runtime"), name


def test_what_it_does_is_said_on_one_screen():
    """What it is, the picture, the installation and the first two commands, before line 45."""
    screen = "\n".join(README.splitlines()[:45])
    for there in ("![", "pip install .", "$ edgewright models get", "$ edgewright run"):
        assert there in screen


def test_each_figure_that_a_test_measures_names_a_command_whose_script_is_there():
    page = (DOCS / "figures.md").read_text(encoding="utf-8")
    beside = page.partition("## What tests measure")[2].partition("## Proofs")[0]
    figures = re.split(r"^- ", beside, flags=re.MULTILINE)[1:]
    assert len(figures) > 5
    scripts = re.findall(r"\b((?:benchmarks|docs|tests)/[\w/]+\.py)", beside)
    assert all((ROOT / script).exists() for script in scripts)
    without = [figure for figure in figures if not re.search(r"(benchmarks|docs|tests)/[\w/]+\.py|quickstart", figure)]
    assert not without


def test_exit_codes_are_those_of_the_program():
    from edgewright.cli.app import FAILED, INTERRUPTED, WRONG_USAGE

    sentence = " ".join(README.split())
    assert f"0 done, {FAILED} failed, {WRONG_USAGE} wrong usage, {INTERRUPTED} stopped with Ctrl-C" in sentence
