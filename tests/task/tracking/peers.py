"""The package that tracking is held against, in an environment of its own."""

from __future__ import annotations

import json
from pathlib import Path

from ...environments import python_with

ORACLE = json.loads(Path(__file__).with_name("oracle.json").read_text())


def python_with_trackers() -> Path:
    """A Python with the package whose figures are recorded; `supervision` comes with it."""
    return python_with("trackers", f"trackers=={ORACLE['trackers']}", f"numpy=={ORACLE['numpy']}")
