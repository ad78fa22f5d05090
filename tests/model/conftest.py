"""An environment of its own for MediaPipe, which cannot live beside the other packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ..environments import python_with

# The last version whose metadata writers run: the wheels from 0.10.30 on lack a library that they import.
MEDIAPIPE = "mediapipe==0.10.21"


@pytest.fixture(scope="session")
def mediapipe_python() -> Path:
    """The Python of an environment that has MediaPipe; it is made once and kept in the user's cache.

    MediaPipe itself needs the system's libegl1, libgles2, libgl1 and libglib2.0-0 (names as in Debian).
    """
    if sys.version_info >= (3, 13):
        pytest.skip(f"{MEDIAPIPE} is not published for this Python")
    return python_with("mediapipe", MEDIAPIPE)
