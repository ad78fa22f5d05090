"""`import edgewright` is light, and its public names are there."""

from __future__ import annotations

import subprocess
import sys

import pytest

import edgewright

HEAVY = ("numpy", "PIL", "tensorflow", "keras", "matplotlib", "rich", "click", "ai_edge_litert")


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("module", ["edgewright", "edgewright.model", "edgewright.machine", "edgewright.report"])
def test_imports_nothing_heavy(module: str):
    loaded = run(f"import sys, {module}; print(*sys.modules)").split()
    assert not set(HEAVY) & set(loaded)


@pytest.mark.parametrize("verb", ["bench", "check", "convert", "inspect", "optimize", "run", "teach", "train", "watch"])
def test_the_help_of_a_verb_does_not_wait_for_numpy(verb: str):
    loaded = run(f"import sys, edgewright.cli.{verb}; print(*sys.modules)").split()
    assert not set(HEAVY) - {"click"} & set(loaded)


def test_reading_a_model_needs_neither_numpy_nor_a_runtime(shared_file):
    path = shared_file("models/mobilenet_v2_1.0_224_quant.tflite")
    code = f"import sys, edgewright as ew; ew.ModelFile.read({str(path)!r}).metadata.outputs; print(*sys.modules)"
    assert not set(HEAVY) & set(run(code).split())


@pytest.mark.parametrize("name", edgewright.__all__)
def test_public_names_exist(name: str):
    assert getattr(edgewright, name) is not None


@pytest.mark.parametrize("verb", ["convert", "rewrite", "quickstart", "optimize"])
def test_a_verb_stays_a_function_after_its_room_was_imported(verb: str):
    code = f"import edgewright.{verb}, edgewright; print(callable(edgewright.{verb}))"
    assert run(code).strip() == "True"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = edgewright.nonsense
