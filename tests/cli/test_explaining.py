"""What messages point to is where a pip user is: on the command line, not in a folder of the source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgewright.convert import advice

from ..conftest import Run

PACKAGE = Path(__file__).parents[2] / "src" / "edgewright"


@pytest.mark.parametrize("word", ["variables", "AssignVariableOp", "assignvariableop"])
def test_a_topic_or_an_operator_is_explained(edgewright: Run, word: str):
    done = edgewright("check", "--explain", word)
    assert (done.returncode, done.stderr) == (0, "")
    assert "(variables)" in done.stdout.splitlines()[0]
    assert "Instead: " in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_layer_of_keras_and_several_at_once(edgewright: Run):
    done = edgewright("check", "--explain", "LSTM,real-fourier,lstm")
    headings = [line for line in done.stdout.splitlines() if line and not line.startswith(" ")]
    topics = [heading.rpartition(" ")[2] for heading in headings]
    assert {"(loops)", "(real-fourier)"} <= set(topics)
    assert len(topics) == len(set(topics))


def test_all_is_every_entry(edgewright: Run):
    printed = edgewright("check", "--explain", "all").stdout
    assert all(f"({entry.topic})\n" in printed for entry in advice())


@pytest.mark.parametrize(
    ("word", "said"), [("LTSM", "Did you mean LSTM"), ("zzzzzz", "The topics are: decompositions,")]
)
def test_an_unknown_word_is_one_line_with_what_was_meant(edgewright: Run, word: str, said: str):
    done = edgewright("check", "--explain", word)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr


def test_no_text_of_the_package_names_a_file_of_the_documentation():
    """Comments and docstrings of modules may; what is printed comes from strings in the code."""
    for path in PACKAGE.rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            told = re.findall(r"""f?["'][^"']*\bdocs/[^"']*["']""", line)
            assert not told, f"{path.name}: {line.strip()}"
