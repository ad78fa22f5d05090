"""What the provenance calls a source."""

from __future__ import annotations

from pathlib import Path

from edgewright.convert.description import name_of


class Network:
    """Stands for a model that is alive."""


def network() -> None:
    """Stands for a function that is converted."""


def test_files_functions_and_objects_are_called_by_what_people_know_them_by():
    assert name_of(Path("models/x.onnx")) == "x.onnx"
    assert name_of(network) == f"{__name__}.network"
    assert name_of(Network()) == f"{__name__}.Network"
