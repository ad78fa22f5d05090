"""No test sees or writes what a developer has set up for their own use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PLACES = ("EDGEWRIGHT_CACHE", "EDGEWRIGHT_ENVIRONMENTS", "EDGEWRIGHT_MIRROR", "EDGEWRIGHT_RUNTIME")


def test_no_place_is_set():
    assert not set(PLACES) & os.environ.keys()


def test_what_a_developer_has_set_does_not_reach_the_tests(tmp_path: Path):
    own = dict.fromkeys(PLACES, str(tmp_path))
    test = f"{__file__}::{test_no_place_is_set.__name__}"
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    done = subprocess.run(
        line, env=os.environ | own, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
