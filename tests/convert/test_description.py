"""What the provenance calls a source."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgewright.convert.description import digest_of, name_of


class Network:
    """Stands for a model that is alive."""


def network() -> None:
    """Stands for a function that is converted."""


def test_files_functions_and_objects_are_called_by_what_people_know_them_by():
    assert name_of(Path("models/x.onnx")) == "x.onnx"
    assert name_of(network) == f"{__name__}.network"
    assert name_of(Network()) == f"{__name__}.Network"


def test_a_folder_with_a_link_to_itself_has_a_digest(tmp_path: Path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"x")
    before = digest_of(tmp_path / "model")
    (tmp_path / "model" / "loop").symlink_to("loop")
    assert digest_of(tmp_path / "model") == before


def test_a_folder_with_a_name_that_is_no_text_has_a_digest(tmp_path: Path):
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    try:
        odd.write_bytes(b"x")
    except OSError:
        pytest.skip("no such names on this disk")
    assert len(digest_of(tmp_path)) == 64
