"""YOLO in PyTorch, every head: what is painted is found where it is, in float and in eight bits, by the file alone."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.convert import Lowered
from edgewright.convert.description import described
from edgewright.convert.notices import notices
from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.preparing import prepare
from edgewright.convert.proof.proving import finish
from edgewright.convert.proof.silence import silence
from edgewright.convert.sources.registry import find_source
from edgewright.machine import silent
from edgewright.media import Box
from edgewright.model import ModelFile
from edgewright.task import Detections, open_task

from .yolo_networks import ANGLE, LABELS, NETWORKS, POINTS, SIDES, SIZE, STRIDES

# A picture that is twice as large as the input, whose borders above and below are 32 pixels there.
PICTURE, TWICE, BORDER = (512, 640), 2, 32
# Row and column of the cell that is painted in each class's color, on the grid of its scale.
CELLS = ((16, 20), (7, 9), (3, 5))
FORMS = [name for name in NETWORKS if name != "classify"]


def painted(cells: Any, size: tuple[int, int], scale: int = 1, above: int = 0) -> np.ndarray:
    """Patches of pure colors on black, each a cell of the input that a picture of (height, width) `size` becomes."""
    picture = np.zeros((*size, 3), np.uint8)
    for color, (stride, (row, column)) in enumerate(zip(STRIDES, cells, strict=True)):
        top, left, side = (row * stride - above) * scale, column * stride * scale, stride * scale
        picture[top : top + side, left : left + side] = 0
        picture[top : top + side, left : left + side, color] = 255
    return picture


def calibration() -> np.ndarray:
    random = np.random.default_rng(0)
    cells = [[random.integers(0, SIZE // stride, 2) for stride in STRIDES] for _ in range(16)]
    return np.stack([painted(one, (SIZE, SIZE)) for one in cells])


def once(lowering: Callable[[], Lowered]) -> Callable[[], Lowered]:
    """The same, computed for the first that asks."""
    return cache(lowering)


@cache
def converted(name: str) -> dict[str, ModelFile]:
    """The file in float and in int8; both are made of one run of PyTorch's converter."""
    asked = ConversionOptions.of(
        input_shape=(1, 3, SIZE, SIZE), labels=LABELS, quantize="int8", representative_data=calibration()
    )
    module = NETWORKS[name]()
    source = find_source(module)
    files = {}
    with tempfile.TemporaryDirectory() as folder, silence():
        prepared = prepare(source.open(module, asked), asked, Path(folder))
        prepared = replace(prepared, lowering=once(prepared.lowering))
        for quantize in ("none", "int8"):
            options = replace(asked, quantize=quantize)
            product = finish(prepared, options, silent)
            made = described(ModelFile(product.data, name), options, product, source, module, "")
            files[quantize] = ModelFile.read(made.data)
    return files


def found_in(file: ModelFile) -> Detections:
    with open_task(file) as detect:
        return detect(painted(CELLS, PICTURE, TWICE, BORDER))


def middle(color: int) -> tuple[float, float]:
    row, column = CELLS[color]
    return (column + 0.5) * STRIDES[color], (row + 0.5) * STRIDES[color]


def known(color: int, turn: float) -> Box:
    """The box of what is painted, in pixels of the picture, before it is turned."""
    left, top, right, bottom = (side * STRIDES[color] for side in SIDES[color])
    x, y = middle(color)
    shift = ((right - left) / 2, (bottom - top) / 2)
    x += shift[0] * math.cos(turn) - shift[1] * math.sin(turn)
    y += shift[0] * math.sin(turn) + shift[1] * math.cos(turn)
    across, down = (left + right) / 2, (top + bottom) / 2
    return Box(
        (x - across) * TWICE, (y - down - BORDER) * TWICE, (x + across) * TWICE, (y + down - BORDER) * TWICE
    )  # fmt: skip


@pytest.mark.parametrize("quantize", ["none", "int8"])
@pytest.mark.parametrize("name", FORMS)
def test_what_is_painted_is_found_where_it_is(name: str, quantize: str) -> None:
    found = found_in(converted(name)[quantize])
    turn = ANGLE if name == "turned" else 0.0
    assert sorted(one.label for one in found) == sorted(LABELS)
    for one in found:
        box = Box(*one.box.xyxy)
        assert box.iou(known(one.index, turn)) >= 0.99, one
        assert one.score > 0.9
        assert one.box.angle == pytest.approx(turn, abs=0.02)


@pytest.mark.parametrize("name", FORMS)
def test_in_eight_bits_each_meaning_is_an_output_with_a_scale_of_its_own(name: str) -> None:
    whole, apart = converted(name)["none"], converted(name)["int8"]
    assert len(apart.outputs) > len(whole.outputs)
    assert any(tensor.dtype == "int8" for tensor in apart.main.tensors)
    said = " ".join(notices(apart))
    assert "boxes, scores" in said or "boxes and scores" in said
    assert "because they compute where boxes are" in said
    measured = apart.metadata.provenance.measured["agreement"]["outputs"]
    assert min(float(output["snr_db"]) for output in measured) > 30, measured


def test_the_float_file_is_as_near_as_any_other() -> None:
    for name in FORMS:
        measured = converted(name)["none"].metadata.provenance.measured["agreement"]["outputs"]
        assert min(float(output["snr_db"]) for output in measured) > 100, (name, measured)


@pytest.mark.parametrize("quantize", ["none", "int8"])
def test_keypoints_are_where_they_are(quantize: str) -> None:
    for one in found_in(converted("pose")[quantize]):
        assert one.keypoints is not None
        stride, (row, column) = STRIDES[one.index], CELLS[one.index]
        for place, (x, y, score) in enumerate(one.keypoints.points):
            said = [((3 * place + number) % 5 - 2 + one.index) / 2 for number in range(POINTS[1])]
            at = ((said[0] * 2 + column) * stride * TWICE, ((said[1] * 2 + row) * stride - BORDER) * TWICE)
            assert (x, y) == pytest.approx(at, abs=3)
            assert score == pytest.approx(1 / (1 + math.exp(-said[2])), abs=0.02)


@pytest.mark.parametrize("quantize", ["none", "int8"])
def test_masks_are_where_the_color_is(quantize: str) -> None:
    found = found_in(converted("segment")[quantize])
    assert found.mask_of is not None
    for place, one in enumerate(found):
        x, y = middle(one.index)
        mask = found.mask_of(place)
        assert mask[round((y - BORDER) * TWICE), round(x * TWICE)]
        assert mask.mean() < 0.05


def test_a_classifier_says_what_is_painted_most(tmp_path: Path) -> None:
    module = NETWORKS["classify"]()
    source = find_source(module)
    asked = ConversionOptions.of(input_shape=(1, 3, SIZE, SIZE), labels=LABELS, normalization="zero_to_one")
    with silence():
        product = finish(prepare(source.open(module, asked), asked, tmp_path), asked, silent)
    made = described(ModelFile(product.data, "classify"), asked, product, source, module, "")
    with open_task(made) as classify:
        assert classify(np.full((SIZE, SIZE, 3), (0, 255, 0), np.uint8)).top(1)[0].label == LABELS[1]
