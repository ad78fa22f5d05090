"""A trained YOLO of version 8 as its makers exported it: the file finds what onnxruntime and another decoding find."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from PIL import Image

import edgewright as ew
from edgewright.convert.notices import notices
from edgewright.media import Box
from edgewright.model import ModelFile
from edgewright.task import Detections, open_task

SIDE, SURE, DOUBLE = 320, 0.25, 0.7
# Pictures of people, each as large as the input: what is compared is the network and the decoding.
PICTURES = ("grace_hopper.bmp", "squat.bmp", "cats_and_dogs.jpg")


def trained() -> Path:
    """The network in the package, which is not imported: it wants OpenCV."""
    spec = find_spec("nudenet")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the package nudenet, in which the network is, is not installed")
    return Path(spec.submodule_search_locations[0]) / "320n.onnx"


def picture(file: Path) -> np.ndarray:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB").resize((SIDE, SIDE)))


@pytest.fixture(scope="module")
def float_file(onnx_environment: Path) -> ModelFile:
    return ew.convert(trained())


def reference(session: Any, pixels: np.ndarray) -> list[tuple[Box, int, float]]:
    """What onnxruntime returns, decoded here: boxes by middle and size, the best first, no doubles of one class."""
    tensor = pixels.astype(np.float32).transpose(2, 0, 1)[None] / 255
    [[numbers]] = session.run(None, {"images": tensor})
    found: list[tuple[Box, int, float]] = []
    for place in np.argsort(-numbers[4:].max(0), kind="stable"):
        scores = numbers[4:, place]
        if scores.max() < SURE:
            break
        x, y, width, height = (float(number) for number in numbers[:4, place])
        sides = np.clip([x - width / 2, y - height / 2, x + width / 2, y + height / 2], 0, SIDE)
        box, index = Box(*map(float, sides)), int(scores.argmax())
        if all(other != index or box.iou(kept) <= DOUBLE for kept, other, _ in found):
            found.append((box, index, float(scores.max())))
    return found


def compare(found: Detections, known: list[tuple[Box, int, float]], overlap: float, apart: float) -> None:
    assert len(found) == len(known)
    for box, index, score in known:
        nearest = max(found, key=lambda one: (one.index == index) * Box(*one.box.xyxy).iou(box))
        assert nearest.index == index
        assert Box(*nearest.box.xyxy).iou(box) >= overlap
        assert nearest.score == pytest.approx(score, abs=apart)


def test_its_exporter_notes_what_the_file_says(float_file: ModelFile) -> None:
    metadata = float_file.metadata
    assert float_file.inputs[0].shape == (1, SIDE, SIDE, 3)  # noted, while the sizes of the source are free
    assert metadata.task == "detection"
    assert metadata.outputs[0].labels[1] == "FACE_FEMALE"
    assert len(metadata.outputs[0].labels) == 18
    assert metadata.license.startswith("AGPL-3.0")
    assert any("AGPL-3.0" in notice for notice in notices(float_file))
    [output] = metadata.provenance.measured["agreement"]["outputs"]
    assert float(output["snr_db"]) > 100


def test_it_finds_what_onnxruntime_and_another_decoding_find(
    float_file: ModelFile, shared_file: Callable[[str], Path]
) -> None:
    session = onnxruntime.InferenceSession(trained())
    some = 0
    with open_task(ModelFile.read(float_file.data), threshold=SURE) as detect:
        for name in PICTURES:
            pixels = picture(shared_file(f"images/{name}"))
            known = reference(session, pixels)
            compare(detect(pixels), known, 0.99, 0.005)
            some += len(known)
    assert some >= 2


def test_in_eight_bits_it_finds_the_same_sure_things(float_file: ModelFile, shared_file: Callable[[str], Path]) -> None:
    folder = shared_file("images/squat.bmp").parent
    files = sorted(file for file in folder.iterdir() if file.suffix in (".bmp", ".jpg") and "mask" not in file.name)
    small = ew.convert(trained(), quantize="int8", representative_data=np.stack([picture(file) for file in files]))
    assert small.size < float_file.size / 3
    pixels = picture(shared_file("images/squat.bmp"))
    with open_task(float_file, threshold=0.5) as sure, open_task(ModelFile.read(small.data)) as detect:
        known, found = sure(pixels), detect(pixels)
    assert len(known) >= 3
    for one in known:
        assert max(other.box.iou(one.box) for other in found if other.index == one.index) >= 0.9
