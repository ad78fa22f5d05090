"""Frameworks are imported while nobody collects garbage, which goes on afterwards, also where they are missing."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgewright.convert.sources.starting import import_large


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module that says whether garbage was collected while it was imported."""
    (tmp_path / "large_framework.py").write_text("import gc\nCOLLECTED = gc.isenabled()\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "large_framework"
    sys.modules.pop("large_framework", None)


def test_it_is_imported_while_nobody_collects(large):
    assert gc.isenabled()
    assert not import_large(large).COLLECTED
    assert gc.isenabled()


def test_a_program_that_collects_by_itself_stays_as_it_was(large):
    gc.disable()
    try:
        import_large(large)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_is_missing_leaves_it_as_it_was():
    with pytest.raises(ModuleNotFoundError):
        import_large("there_is_no_such_framework")
    assert gc.isenabled()
