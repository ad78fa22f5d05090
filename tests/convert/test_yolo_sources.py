"""A source that is a YOLO becomes a file that says so: task, labels, pictures, and what its outputs mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.convert.description import described
from edgewright.convert.notices import notices
from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.preparing import prepare
from edgewright.convert.proof.proving import finish
from edgewright.errors import UsageError
from edgewright.evaluate import evaluate
from edgewright.machine import silent
from edgewright.media import Box
from edgewright.model import ModelFile, exporter_notes
from edgewright.task import Detections, open_task

from ..task.yolo_files import (
    LAYOUTS,
    MASKS,
    POINTS,
    TASKS,
    TURNED,
    Layout,
    Thing,
    arrays_of,
    pentagon,
    said_of,
)
from .yolo_sources import KnownBoxes

PICTURE = (480, 960)
LABELS = ["person", "bicycle", "car", "dog", "kite"]
THINGS = [
    Thing((30, 40, 230, 300), 0, 0.92, 0.3, pentagon(130, 170)),
    Thing((450, 100, 630, 420), 3, 0.81, -0.2, pentagon(540, 260)),
]
ALL = [*LAYOUTS, *MASKS, *POINTS, *TURNED]


def notes_of(layout: Layout, labels: list[str] = LABELS) -> dict[str, str]:
    """What an exporter leaves in an ONNX file."""
    notes: dict[str, Any] = {"task": TASKS[layout.more], "stride": 32, "imgsz": list(layout.size)}
    notes |= {"names": dict(enumerate(labels)), "license": "AGPL-3.0 License (https://example.org)"}
    if layout.more == "points":
        notes["kpt_shape"] = list(layout.points)
    return {name: str(value) for name, value in notes.items()}


def source_of(layout: Layout, notes: dict[str, str], *, pixels: bool = True, classes: int = 5) -> KnownBoxes:
    said = said_of(layout, THINGS, PICTURE, classes)
    arrays = [array if layout.rows else array.T for array in arrays_of(layout, said, pixels)]
    if layout.more == "masks":
        height, width = layout.size
        arrays.append(np.random.default_rng(5).normal(0, 1, (height // 4, width // 4, 8)))
    return KnownBoxes(arrays, layout.size, notes)


def converted(source: KnownBoxes, folder: Path, **options: Any) -> ModelFile:
    asked = ConversionOptions.of(**options)
    product = finish(prepare(source, asked, folder), asked, silent)
    return described(ModelFile(product.data, source.name), asked, product, source, source, "")


def answer(file: ModelFile) -> Detections:
    """What is found by the file alone, read from its bytes."""
    picture = np.random.default_rng(1).integers(0, 256, (*PICTURE, 3)).astype(np.uint8)
    with open_task(ModelFile.read(file.data)) as detect:
        assert detect.notices == ()
        return detect(picture)


def check(found: Detections) -> None:
    assert [one.index for one in found] == [thing.index for thing in THINGS]
    for one, thing in zip(found, THINGS, strict=True):
        assert one.score == pytest.approx(thing.score, abs=0.01)
        assert Box(*one.box.xyxy).iou(Box(*thing.box)) >= 0.99


@pytest.mark.parametrize(
    ("layout", "pixels"), [*((layout, True) for layout in ALL), (LAYOUTS[0], False), (LAYOUTS[3], False)], ids=str
)
def test_what_an_exporter_noted_is_in_the_file(layout: Layout, pixels: bool, tmp_path: Path) -> None:
    file = converted(source_of(layout, notes_of(layout), pixels=pixels), tmp_path)
    check(answer(file))
    metadata = ModelFile.read(file.data).metadata
    assert metadata.task == "detection"
    assert metadata.license.startswith("AGPL-3.0")
    assert any("AGPL-3.0" in notice for notice in notices(file))
    assert metadata.outputs[0].labels == tuple(LABELS)
    [said] = metadata.inputs
    assert (said.kind, said.resize, said.pad, said.mean, said.std) == ("image", "letterbox", 114, (0.0,), (255.0,))
    boxes = metadata.outputs[0].boxes
    assert boxes is not None
    assert boxes.pixels == pixels
    corners = layout.corners or (layout.end_to_end and layout.more != "angle")
    assert boxes.type == ("boundaries" if corners else "center")
    assert ("pixels" if pixels else "shares") in metadata.outputs[0].description
    assert exporter_notes(file.files).task == TASKS[layout.more]


@pytest.mark.parametrize("layout", LAYOUTS[:5], ids=str)
def test_without_notes_the_shapes_say_it_and_labels_are_those_of_the_caller(layout: Layout, tmp_path: Path) -> None:
    file = converted(source_of(layout, {}), tmp_path, labels=LABELS)
    found = answer(file)
    check(found)
    assert found.labels == tuple(LABELS)
    assert any("those of a YOLO" in notice and "0 to 1" in notice for notice in notices(file))


def test_labels_of_the_caller_go_before_those_of_the_exporter(tmp_path: Path) -> None:
    others = ["a", "b", "c", "d", "e"]
    file = converted(source_of(LAYOUTS[0], notes_of(LAYOUTS[0])), tmp_path, labels=others)
    assert answer(file).labels == tuple(others)
    assert exporter_notes(file.files).labels == tuple(others)


def test_a_file_of_labels_in_one_line_is_as_many_as_there_are_classes(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("a,b,c,d,e\n")
    file = converted(source_of(LAYOUTS[0], notes_of(LAYOUTS[0])), tmp_path, labels=tmp_path / "labels.txt")
    assert answer(file).labels == tuple("abcde")


def test_labels_that_do_not_fit_are_refused_with_the_numbers_of_a_box(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"each box has 9 numbers.* 80 labels"):
        converted(source_of(LAYOUTS[0], {}), tmp_path, labels=[f"label {place}" for place in range(80)])


def test_what_is_said_of_pixels_goes_before_what_is_usual(tmp_path: Path) -> None:
    file = converted(source_of(LAYOUTS[0], notes_of(LAYOUTS[0])), tmp_path, normalization="none")
    assert file.metadata.inputs[0].std == (1.0,)


def test_a_classifier_is_known_by_its_notes_alone(tmp_path: Path) -> None:
    scores = np.array([0.05, 0.6, 0.1, 0.2, 0.05])
    notes = {**notes_of(LAYOUTS[0]), "task": "classify"}
    file = converted(KnownBoxes([scores], (64, 64), notes), tmp_path)
    assert file.metadata.task == "classification"
    assert file.metadata.inputs[0].resize == "crop"
    with open_task(ModelFile.read(file.data)) as classify:
        assert classify(np.zeros((64, 64, 3), np.uint8)).top(1)[0].label == "bicycle"


@pytest.mark.parametrize(
    "names",
    ["__import__('os').system('true')", "{0: open('/etc/passwd')}", "{" * 5000, "{0: 'a', 2: 'b'}", "[[1], [2]]"],
    ids=["a call", "a call inside", "never closed", "not numbered from 0 on", "no names"],
)
def test_names_that_are_none_are_said_and_nothing_of_them_runs(names: str, tmp_path: Path) -> None:
    file = converted(source_of(LAYOUTS[0], {**notes_of(LAYOUTS[0]), "names": names}), tmp_path)
    assert any("its names are no list of labels" in notice for notice in notices(file))
    assert file.metadata.outputs[0].labels == ()


def test_the_file_is_evaluated_with_nothing_else(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "images").mkdir()
    picture = np.random.default_rng(1).integers(0, 256, (*PICTURE, 3)).astype(np.uint8)
    Image.fromarray(picture).save(tmp_path / "images" / "street.png")
    boxes = [
        {"id": place, "image_id": 1, "category_id": thing.index + 1, "iscrowd": 0,
         "bbox": [thing.box[0], thing.box[1], thing.box[2] - thing.box[0], thing.box[3] - thing.box[1]],
         "area": (thing.box[2] - thing.box[0]) * (thing.box[3] - thing.box[1])}
        for place, thing in enumerate(THINGS, 1)
    ]  # fmt: skip
    (tmp_path / "coco.json").write_text(json.dumps({
        "images": [{"id": 1, "file_name": "images/street.png", "height": PICTURE[0], "width": PICTURE[1]}],
        "annotations": boxes,
        "categories": [{"id": place + 1, "name": label} for place, label in enumerate(LABELS)],
    }))  # fmt: skip
    file = converted(source_of(LAYOUTS[0], notes_of(LAYOUTS[0])), tmp_path)
    result = evaluate(file, tmp_path / "coco.json")
    assert result.value == pytest.approx(1.0), result
