"""Hostile SavedModels, one kind each: nothing in them runs, no file of theirs is opened, by `convert` and by `check`.

Whether something happened is not asked of the program: each kind has a folder as bait, which the kernel watches.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from attacks.hostile_encodings import ATTACKS, BESIDE
from attacks.hostile_graphs import OPERATORS
from attacks.watching import Watch
from convert.conversion_batch import convert_all
from edgewright.check import check_source
from edgewright.convert import ConversionOptions, Product
from edgewright.convert.sources.tensorflow.saved_model import SavedModel
from edgewright.errors import EdgewrightError
from edgewright.machine import run_in_child

from ..sharing import Shared

# What the refusal has to name, where it is more than the operator.
WORDS = {
    "in a branch": "operator WriteFile",
    "in a loop": "operator WriteFile",
    "in functions of functions": "operator WriteFile",
    "in a function that is mapped": "operator WriteFile",
    "a cache while loading": "operator CacheDatasetV2",
    "a file written while loading": "operator WriteFile",
    "a checkpoint written while loading": "operator SaveV2",
    "function with two signatures": "2 times",
    "operator given twice": "2 times",
    "operator behind a number of its field": "3 times",
    "graph given twice": "2 times",
    "library given twice": "times",
    "objects given twice": "2 times",
    "attribute given twice": "two entries 'output_stream'",
    "attribute with two values": "2 times",
    "attribute of two kinds": "of which one can be meant",
    "attribute handed on by the caller": "operator PrintV2",
    "two nodes of one name": "two nodes named",
    "two functions of one name": "two functions named",
    "function that is called as an operator": "operator WriteFile",
    "graph in a constant": "holds a graph in a text, whose operator WriteFile",
    "graph in a constant in one piece": "holds a graph in a text, whose operator WriteFile",
    "graph in an attribute": "holds a graph in a text, whose operator WriteFile",
    "handle in a constant": "holds a handle",
    "path as the name of a resource": "has a path where a name should be",
    "program with a foreign call": "runs foreign code",
    "operator that nobody knows": "operator SimpleMLLoadModelFromPath (evil",
    "saver called by an object": "cannot load it",
    "variables that are a link": "is a link out of the folder",
    "index of variables that is a link": "is a link out of the folder",
    "folder of variables that is a link": "is a link out of the folder",
    "graph that is a link": "is a link out of the folder",
    "asset outside of the folder": "lies outside of the folder",
    "asset that is a link": "is a link out of the folder",
    "version 1, initialization": "operator WriteFile",
    "version 1, checkpoint in the initialization": "operator SaveV2",
    "version 1, collection of texts": "operator SaveV2",
    "version 1, checkpoint written while restoring": "operator SaveV2",
    "version 1, variables of another file": "reads another file than that of the model's variables",
    "version 1, saver given twice": "2 times",
    "version 1, signature that writes": "operator WriteFile",
    **{f"operator {name}": f"operator {name} (" for name in OPERATORS},
}


@dataclass(frozen=True)
class Outcome:
    """What became of a kind: its error, "" for none, and which files of its bait were touched."""

    error: str
    touched: frozenset[str]


@pytest.fixture(scope="session")
def hostile(built_by: Callable[[str], Path]) -> Path:
    """The folder with all that hostile_graphs.py builds."""
    return built_by("attacks/hostile_graphs.py")


@pytest.fixture(scope="session")
def converted(hostile: Path, shared: Shared) -> dict[str, Outcome]:
    """All of them, one after another in the child process that a conversion runs in."""
    return shared.value("hostile-converted", lambda: _watched(hostile, _convert_all))


@pytest.fixture(scope="session")
def checked(hostile: Path, shared: Shared) -> dict[str, Outcome]:
    """Each of them as `edgewright check` does it, which converts it by itself."""
    return shared.value("hostile-checked", lambda: _watched(hostile, _check_all))


def _watched(folder: Path, act: Callable[[Path], dict[str, str]]) -> dict[str, Outcome]:
    watches = {name: Watch(folder / "baits" / name) for name in ATTACKS}
    errors = act(folder)
    outcomes = {name: Outcome(errors[name], frozenset(watch.touched())) for name, watch in watches.items()}
    for watch in watches.values():
        watch.close()
    return outcomes


def _convert_all(folder: Path) -> dict[str, str]:
    jobs = {name: (SavedModel(), folder / name, ConversionOptions()) for name in ATTACKS}
    found = run_in_child(convert_all, jobs)
    assert all(isinstance(one, Product | EdgewrightError) for one in found.values()), found
    return {name: str(one) if isinstance(one, EdgewrightError) else "" for name, one in found.items()}


def _check_all(folder: Path) -> dict[str, str]:
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(ATTACKS, pool.map(lambda name: _check(folder / name), ATTACKS), strict=True))


def _check(path: Path) -> str:
    report = check_source(path)
    return "" if report.converts else report.problems[0].detail


def test_each_kind_does_harm_where_nothing_keeps_it_from_it(hostile):
    fired = set(json.loads((hostile / "fired.json").read_text()))
    assert fired == {name for name, kind in ATTACKS.items() if kind.fires}


@pytest.mark.parametrize("name", ATTACKS)
def test_converting_touches_nothing(converted, name):
    assert converted[name].touched == frozenset()


@pytest.mark.parametrize("name", ATTACKS)
def test_checking_touches_nothing(checked, name):
    assert checked[name].touched == frozenset()


@pytest.mark.parametrize("name", WORDS)
def test_kind_is_refused_with_its_reason(converted, checked, name):
    assert WORDS[name] in converted[name].error
    assert "\n" not in converted[name].error
    assert WORDS[name] in checked[name].error


@pytest.mark.parametrize("name", BESIDE)
def test_what_lies_beside_the_graph_is_left_alone(converted, name):
    assert converted[name].error == ""


def test_every_kind_has_an_expectation():
    assert WORDS.keys() | BESIDE.keys() == ATTACKS.keys()
