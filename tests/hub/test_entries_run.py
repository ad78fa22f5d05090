"""What entries promise: a model runs for the task that its entry names, or the entry says what it needs."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from edgewright import hub
from edgewright.hub.describing import described
from edgewright.hub.model_entry import Entry
from edgewright.model import ModelFile
from edgewright.task import open_task, task_names

# Something to look at or listen to, for each kind of input.
INPUTS = {"picture": "images/squat.bmp", "sound": "images/speech.wav"}
ENTRIES = {entry.name: entry for entry in hub.entries()}


@pytest.mark.parametrize("name", ENTRIES)
def test_the_task_of_an_entry_is_a_task(name: str):
    assert ENTRIES[name].task in task_names()


@pytest.mark.parametrize("name", [name for name, entry in ENTRIES.items() if entry.task == "tensors"])
def test_what_is_run_on_plain_tensors_says_what_is_in_them(name: str):
    assert ENTRIES[name].needs


def beside(entry: Entry, shared_file: Callable[[str], Path]) -> Path:
    """The published file, where it lies beside the project; the test is skipped for others."""
    fixtures = tomllib.loads(shared_file("fixtures.toml").read_text())
    found = [path for path, one in fixtures.items() if one["sha256"] == entry.origin.sha256]
    if not found:
        pytest.skip("the file of this entry is not beside the project")
    return shared_file(found[0])


def published_beside() -> list[str]:
    """Those entries whose file lies beside the project, as far as is known without it."""
    fixtures = tomllib.loads(Path(__file__).parents[1].joinpath("fixtures.toml").read_text())
    digests = {one["sha256"] for one in fixtures.values()}
    return [name for name, entry in ENTRIES.items() if entry.origin.sha256 in digests]


@pytest.mark.parametrize("name", published_beside())
def test_an_entry_makes_its_file_answer_for_its_task(name: str, shared_file: Callable[[str], Path]):
    entry = ENTRIES[name]
    model = described(ModelFile.read(beside(entry, shared_file)), entry, entry.origin.sha256)
    with open_task(model) as task:
        assert task.kind == entry.task
        result = task(shared_file(INPUTS[task.input.name]))
        assert result.to_dict(3)["kind"] == entry.task
        assert not task.notices, "an entry says all that its file needs"
        assert result.table(3).rows
