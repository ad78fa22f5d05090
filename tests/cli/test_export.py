"""`edgewright export` as a user runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest


@pytest.fixture
def desk(shared_file, tmp_path: Path) -> Path:
    """A folder with a model."""
    shutil.copyfile(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"), tmp_path / "model.tflite")
    return tmp_path


def test_what_was_written_and_proven_is_said_in_eighty_columns(edgewright, desk: Path):
    done = edgewright("export", "model.tflite", "--for", "python", "-o", "app", cwd=desk, COLUMNS=80)
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    for said in ("app", "predict.py", "labels.txt", "yes", "it says what run says, to the bit", "no"):
        assert said in " ".join(done.stdout.split())
    assert done.stdout.splitlines()[-1] == "Begin with: python app/predict.py photo.jpg"


def test_programs_get_one_document_and_force_replaces(edgewright, desk: Path):
    first = edgewright("export", "model.tflite", "--for", "python", "-o", "app", "--json", cwd=desk)
    made = json.loads(first.stdout)
    assert (made["target"], made["folder"], made["model"]) == ("python", "app", "model.tflite")
    assert {"predict.py", "edgewright-export.json"} < set(made["files"])
    refused = edgewright("export", "model.tflite", "--for", "python", "-o", "app", cwd=desk)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "app: was exported already. Choose another folder, or replace it (--force)" in refused.stderr
    assert edgewright("export", "model.tflite", "--for", "python", "-o", "app", "--force", cwd=desk).returncode == 0


def test_an_unknown_target_is_wrong_usage(edgewright, desk: Path):
    done = edgewright("export", "model.tflite", "--for", "pyhton", "-o", "app", cwd=desk)
    assert done.returncode == 2
    assert "there is no target of export 'pyhton'. Did you mean 'python'? Choose one of:" in done.stderr
    assert not (desk / "app").exists()


def test_what_a_target_needs_from_elsewhere_is_fetched_only_when_asked_for(edgewright, desk: Path):
    refused = edgewright("export", "model.tflite", "--for", "web", "-o", "site", cwd=desk)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert refused.stderr.rstrip().endswith("To fetch it, run: edgewright export --setup web")
    assert not (desk / "site").exists()
    nowhere = edgewright("export", "--setup", "web", cwd=desk, npm_config_registry="http://127.0.0.1:9/")
    assert nowhere.returncode == 1
    assert "npm_config_registry" in nowhere.stderr
    assert edgewright("export", "--setup", "python", cwd=desk).returncode == 2
