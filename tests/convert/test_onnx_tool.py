"""What is said where the tool that converts ONNX dies: its last words, in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgewright.convert.environments import TOOLS
from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.onnx.lowering.tool import converted
from edgewright.errors import ConversionError

_DYING = """#!/bin/sh
echo 'Traceback (most recent call last):' >&2
echo '  File "onnx2tf_script.py", line 12, in main' >&2
echo 'ImportError: libodd.so: cannot open shared object file' >&2
exit 1
"""


def test_a_tool_that_dies_is_said_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EDGEWRIGHT_ENVIRONMENTS", str(tmp_path))
    python = tmp_path / "onnx" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(_DYING)
    python.chmod(0o755)
    (tmp_path / "onnx" / "edgewright.json").write_text(json.dumps({"digest": TOOLS["onnx"].digest}))
    with pytest.raises(ConversionError) as caught:
        converted(tmp_path / "model.onnx", tmp_path / "made", "model.onnx", ConversionOptions())
    said = "model.onnx: the converter stopped: ImportError: libodd.so: cannot open shared object file"
    assert str(caught.value) == said
