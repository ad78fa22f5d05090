"""Tests of the sources of other frameworks run where these are installed: `make test-sources`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from ...environments import tools

collect_ignore_glob = [] if find_spec("torch") else ["*"]


@pytest.fixture(scope="session")
def onnx_environment() -> Iterator[Path]:
    """The environment that ONNX is converted in, really made once and kept for other runs; its Python."""
    from edgewright.convert import require_environment

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEWRIGHT_ENVIRONMENTS", str(tools("onnx")))
        yield require_environment("onnx")
