"""`edgewright check` of sources as a user calls it: what is refused, what helps, where a file parts from its source."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from edgewright.model import ModelFile

from ..conftest import Run


@pytest.fixture(scope="module")
def stateful(edgewright: Run, check_sources: Path) -> CompletedProcess[str]:
    """A source that is refused because of one of its layers."""
    return edgewright("check", check_sources / "stateful.keras", COLUMNS=100)


def test_refused_source_is_one_table_with_operator_layer_why_and_what_to_do(stateful: CompletedProcess[str]) -> None:
    assert stateful.returncode == 1, stateful.stderr
    assert stateful.stderr == ""
    verdict, table = stateful.stdout.split("What stands in the way")
    assert "cannot be converted as it is" in verdict
    heading, _, row = [line for line in table.splitlines() if line][:3]
    columns = ("operator", "layer or line", "why", "what to do")
    starts = [heading.index(name) for name in columns]
    assert row[starts[0] :].startswith("AssignVariableOp")
    assert row[starts[1] :].startswith("layer gru")
    assert row[starts[2] :].startswith("keeps a state")
    assert row[starts[3] :].startswith("give the state to the model")
    assert "More on it: edgewright check --explain variables" in table
    assert max(map(len, stateful.stdout.splitlines())) <= 100


def test_json(edgewright: Run, check_sources: Path) -> None:
    done = edgewright("check", check_sources / "lambda.keras", "--json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert document["converts"] is False
    assert document["bytes"] is None
    (problem,) = document["problems"]
    assert problem["why"] == "loading it would run code"
    assert "'mine' (Lambda)" in problem["detail"]
    assert "--trust" in problem["instead"]


@pytest.mark.extras
def test_lambda_converts_when_trusted(edgewright: Run, check_sources: Path) -> None:
    done = edgewright("check", check_sources / "lambda.keras", "--trust", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["converts"] is True


def test_fix_writes_the_file_and_says_what_helped(edgewright: Run, check_sources: Path, tmp_path: Path) -> None:
    out = tmp_path / "recurrent.tflite"
    done = edgewright("check", check_sources / "recurrent.keras", "--dynamic-batch", "--fix", "-o", out, COLUMNS=120)
    assert done.returncode == 0, done.stderr
    words = "recurrent layers as a chain of steps in place of a loop"
    verdict, _, tried = done.stdout.partition("Tried")
    assert f"converts with {words}" in verdict
    assert "TensorListReserve" in verdict
    assert any(line.split()[0] == "unroll" and line.endswith("helped") for line in tried.splitlines() if line)
    assert ModelFile.read(out).inputs[0].shape_signature == (-1, 5, 3)


def test_layers_are_a_table_and_a_page(edgewright: Run, check_sources: Path, tmp_path: Path) -> None:
    page = tmp_path / "layers.html"
    files = (check_sources / "lost.keras", check_sources / "lost.tflite")
    done = edgewright("check", "--layers", *files, "--html", page, COLUMNS=100)
    assert done.returncode == 1, done.stderr
    marked = [line for line in done.stdout.splitlines() if "<- the first that differs" in line]
    assert len(marked) == 1
    first = marked[0].split()[0]
    assert first.startswith("conv2d")
    assert f"They part at {first}." in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    html = page.read_text(encoding="utf-8")
    assert "Error per layer" in html
    assert first in html


@pytest.mark.extras
def test_layers_as_json(edgewright: Run, check_sources: Path) -> None:
    done = edgewright("check", "--layers", check_sources / "lost.keras", check_sources / "lost.tflite", "--json")
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout, parse_constant=pytest.fail)["first"].startswith("conv2d")


@pytest.mark.parametrize("damage", ["first bytes lost", "cut short", "empty"])
def test_damaged_file_is_not_taken_for_a_source(edgewright: Run, check_sources: Path, tmp_path: Path, damage) -> None:
    data = (check_sources / "lost.tflite").read_bytes()
    left = {"first bytes lost": data[8:], "cut short": data[:3000], "empty": b""}[damage]
    (tmp_path / "model.tflite").write_bytes(left)
    done = edgewright("check", "model.tflite", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("edgewright: model.tflite: damaged, or no .tflite file")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["missing.keras", "missing.h5", "missing/folder"])
def test_missing_source_is_one_line(edgewright: Run, tmp_path: Path, name: str) -> None:
    done = edgewright("check", name, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert name in done.stderr
    assert done.stderr.count("\n") == 1
