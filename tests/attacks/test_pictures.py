"""Hostile and broken pictures: no crash, no hang, little memory, one line each."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from edgewright.errors import DataError
from edgewright.media import read_picture

from . import broken_pictures

LIMIT = 200_000_000


def test_a_thousand_broken_pictures(tmp_path: Path):
    command = [sys.executable, "-W", "error", broken_pictures.__file__, str(tmp_path / "picture")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert sum(result["fates"].values()) > 1000
    assert result["fates"]["refused"] > 300
    assert result["lines"] == 0
    assert result["peak"] < LIMIT


@pytest.mark.parametrize("number", range(4))
def test_bombs_are_refused(number: int):
    with pytest.raises(DataError):
        read_picture(list(broken_pictures.bombs())[number])
