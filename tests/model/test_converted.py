"""What TensorFlow's converter writes today is read, whatever kind of network it comes from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgewright.model import Metadata, ModelFile

pytestmark = pytest.mark.extras


def test_freshly_converted_files_are_read_and_written_back(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    command = [sys.executable, str(Path(__file__).with_name("convert_models.py")), str(tmp_path)]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=quiet, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    models = [ModelFile.read(path) for path in sorted(tmp_path.glob("*.tflite"))]
    assert len(models) == 22
    assert {op.name for model in models for op in model.ops} > {"WHILE", "IF", "STRIDED_SLICE", "GATHER", "RFFT2D"}
    for model in models:
        written = model.with_metadata(Metadata(name="described"))
        assert written.graph == model.graph
        assert written.signatures == model.signatures
