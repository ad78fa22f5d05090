"""The extras of other frameworks install and convert on each Python; on 3.11 `make test-sources` runs in them.

What is installed is kept for other runs. PyTorch comes as the page says: the wheel without CUDA, which is gigabytes.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from ..environments import python_of, python_with, tools

PROJECT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("converting_script.py")
PAGE = PROJECT / "docs" / "how-to" / "pytorch.md"
VERSIONS = (pytest.param("3.12", marks=pytest.mark.thorough), "3.13")


def converts(python: Path, framework: str) -> float:
    """The signal-to-noise ratio of a network that is converted there, in decibels."""
    done = subprocess.run([python, SCRIPT, framework], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return float(done.stdout)


@pytest.mark.extras
@pytest.mark.parametrize("version", VERSIONS)
def test_onnx_and_jax(version: str, monkeypatch: pytest.MonkeyPatch):
    python = python_with("sources", "--editable", f"{PROJECT}[onnx,jax]", version=version)
    monkeypatch.setenv("EDGEWRIGHT_ENVIRONMENTS", str(tools("onnx")))
    assert converts(python, "onnx") > 100
    assert converts(python, "jax") > 100


@pytest.mark.extras
@pytest.mark.parametrize("version", VERSIONS)
def test_torch(version: str):
    index = re.search(r"https://\S+/whl/cpu\b", PAGE.read_text(encoding="utf-8"))[0]
    wheel = "torch==2.13.0+cpu"
    look = [python_of(version), "-m", "pip", "install", "--dry-run", "--no-deps", "--quiet", "--extra-index-url", index]
    if subprocess.run([*look, wheel], capture_output=True, check=False).returncode:
        pytest.skip(f"{wheel} for Python {version} cannot be had here (looked into {index})")
    given = (wheel, "--editable", f"{PROJECT}[torch]")
    assert converts(python_with("torch", *given, version=version, index=index), "torch") > 100
