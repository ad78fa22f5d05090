"""A YOLO's file with its output taken apart finds the same things, and says of each output what it is."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from edgewright.evaluate import Runner
from edgewright.model import BoxLayout, ModelFile, OutputMetadata
from edgewright.task import joined_yolo, separated

from .test_yolo import LABELS, LANDSCAPE, THINGS, answer, check
from .yolo_files import LAYOUTS, Layout, arrays_of, file_of, said_of

PIXELS = BoxLayout(type="center", pixels=True)
JOINED = [layout for layout in LAYOUTS if not layout.split]


def known(layout: Layout, *, pixels: bool = True) -> ModelFile:
    arrays = arrays_of(layout, said_of(layout, THINGS, LANDSCAPE, len(LABELS)), pixels)
    return file_of(layout, arrays, labels=LABELS)


def outputs_of(file: ModelFile) -> list[np.ndarray]:
    with Runner(file) as run:
        return run(np.zeros(file.inputs[0].shape, np.float32))


@pytest.mark.parametrize("pixels", [False, True], ids=["shares", "pixels"])
@pytest.mark.parametrize("layout", JOINED, ids=str)
def test_the_same_things_are_found(layout: Layout, pixels: bool) -> None:
    file = known(layout, pixels=pixels)
    yolo = joined_yolo(file)
    assert yolo is not None
    found = separated(file, yolo, outputs_of(file))
    assert found is not None
    assert len(found.model.outputs) == len(found.cut.names) >= 2
    parts = zip(found.cut.of(outputs_of(file)), outputs_of(found.model), strict=True)
    assert all(np.array_equal(*pair) for pair in parts)
    check(answer(found.model, LANDSCAPE), THINGS)
    said = found.model.metadata.outputs
    assert [output.name for output in said] == found.cut.names
    assert said[0].boxes is not None
    assert said[0].boxes.pixels == pixels
    assert "boxes" in said[0].description or "each of the surest" in said[0].description
    assert joined_yolo(found.model) is None


@pytest.mark.parametrize("layout", [layout for layout in LAYOUTS if layout.split], ids=str)
def test_what_stands_apart_is_left_alone(layout: Layout) -> None:
    assert joined_yolo(known(layout)) is None


def test_what_the_file_says_of_its_units_holds() -> None:
    """One picture without anything in it would show boxes near 0, which could be shares."""
    file = known(JOINED[0])
    said = OutputMetadata(labels=tuple(LABELS), label_target="value", kind="bounding_box", boxes=PIXELS)
    told = file.with_metadata(dataclasses.replace(file.metadata, outputs=(said,)))
    yolo = joined_yolo(told)
    assert yolo is not None
    found = separated(told, yolo, [np.zeros_like(outputs_of(file)[0])])
    assert found is not None
    assert found.model.metadata.outputs[0].boxes == said.boxes
    assert found.model.metadata.outputs[0].labels == tuple(LABELS)
