"""mIoU: against its definition, over pictures and resamples, and through `evaluate` on real masks."""

from __future__ import annotations

import base64
import io
import math
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

import edgewright as ew
from edgewright.data import MaskTarget
from edgewright.errors import DataError
from edgewright.evaluate.metrics import find_metric
from edgewright.evaluate.metrics.mean_iou import MASK_AGREEMENT, METRIC
from edgewright.task import Segmentation

LABELS = ("background", "bird", "cat")


def said(*rows: tuple[int, ...]) -> Segmentation:
    return Segmentation(np.array(rows, np.uint8), LABELS)


def true(*rows: tuple[int, ...]) -> MaskTarget:
    return MaskTarget(np.array(rows, np.uint8))


def test_the_share_of_each_class_and_their_mean() -> None:
    record = METRIC.record(said((0, 0, 1, 1), (0, 1, 1, 1)), true((0, 0, 0, 1), (0, 0, 1, 1)))
    assert [(one.index, one.value, one.count) for one in METRIC.by_class([record])] == [(0, 3 / 5, 1), (1, 3 / 5, 1)]
    assert METRIC.combine([record]) == pytest.approx(0.6)
    assert METRIC.loss(record) == pytest.approx(0.4)


def test_pixels_are_summed_over_pictures_before_they_are_divided() -> None:
    small = METRIC.record(said((1,)), true((0,)))
    large = METRIC.record(said((0, 0, 0)), true((0, 0, 0)))
    assert METRIC.combine([small, large]) == pytest.approx(3 / 4)


def test_pixels_that_are_not_scored_are_as_if_they_were_not_there() -> None:
    record = METRIC.record(said((0, 1, 2, 1)), true((0, 255, 255, 1)))
    assert METRIC.combine([record]) == 1
    assert METRIC.loss(record) is None


def test_pixels_of_which_the_model_says_nothing_are_missed() -> None:
    assert METRIC.combine([METRIC.record(said((0, 255)), true((0, 0)))]) == 0.5


def test_a_class_that_never_is_costs_those_whose_pixels_it_takes() -> None:
    record = METRIC.record(said((0, 2, 1, 1)), true((0, 0, 1, 1)))
    assert [one.index for one in METRIC.by_class([record])] == [0, 1]
    assert METRIC.combine([record]) == pytest.approx(0.75)


def test_nothing_scored_is_no_number() -> None:
    assert math.isnan(METRIC.combine([METRIC.record(said((0, 1)), true((255, 255)))]))
    assert math.isnan(METRIC.combine([]))


def test_a_mask_of_another_size_is_one_line() -> None:
    with pytest.raises(DataError, match=r"a mask of \(3, 1\) pixels for a picture of \(2, 1\)"):
        METRIC.record(said((0, 1)), true((0, 1, 1)))


_MASKS = arrays(np.uint8, (2, 3, 4), elements=st.sampled_from([0, 1, 2, 5, 254, 255]))


@settings(max_examples=60)
@given(_MASKS, _MASKS, st.lists(st.integers(0, 3), min_size=2, max_size=2))
def test_it_is_what_the_definition_says(answers: Any, truths: Any, weights: list[int]) -> None:
    records = [METRIC.record(Segmentation(a, ()), MaskTarget(t)) for a, t in zip(answers, truths, strict=True)]
    found = METRIC.weighted(records)(np.array(weights, np.int64))
    taken = [place for place, weight in enumerate(weights) for _ in range(weight)]
    shares = []
    for index in range(255):
        right = sum(int(((answers[p] == index) & (truths[p] == index)).sum()) for p in taken)
        there = sum(int((truths[p] == index).sum()) for p in taken)
        either = sum(int((((answers[p] == index) | (truths[p] == index)) & (truths[p] != 255)).sum()) for p in taken)
        shares += [right / either] if there else []
    assert found == pytest.approx(sum(shares) / len(shares)) if shares else math.isnan(found)


def test_the_metric_is_found_by_what_the_data_have() -> None:
    assert find_metric("segmentation", MaskTarget).name == "mIoU"
    assert find_metric("segmentation", None).name == "mask-agreement"
    answer = said((0, 1), (1, 1))
    assert MASK_AGREEMENT.combine([MASK_AGREEMENT.record(answer, answer)]) == 1


@pytest.fixture
def birds(shared_file: Any, tmp_path: Path) -> Path:
    """A folder of pictures and masks: the published one, and the same mirrored."""
    photo, mask = (Image.open(shared_file(f"images/bird_segmentation{end}.bmp")) for end in ("", "_mask"))
    numbers = np.asarray(mask).copy()
    numbers[(numbers != 0) & (numbers != 3)] = 255  # A few pixels at the edge are of classes that are none.
    for turn, name in ((None, "bird"), (Image.Transpose.FLIP_LEFT_RIGHT, "mirrored")):
        for folder, picture in (("images", photo), ("masks", Image.fromarray(numbers))):
            (tmp_path / "birds" / folder).mkdir(parents=True, exist_ok=True)
            shown = picture if turn is None else picture.transpose(turn)
            shown.save(tmp_path / "birds" / folder / f"{name}.png")
    return tmp_path / "birds"


def test_a_segmenter_is_evaluated_on_a_folder_of_masks(edgewright: Any, shared_file: Any, birds: Path) -> None:
    model = shared_file("models/deeplabv3_mnv2_pascal_quant.tflite")
    found = ew.evaluate(model, birds)
    assert found.metric.name == "mIoU"
    assert 0.9 < found.found.value < 1
    assert [one.index for one in found.by_class] == [0, 3]
    done = edgewright("evaluate", model, birds)
    assert done.returncode == 0, done.stderr
    assert "Mean IoU" in done.stdout


def test_the_page_shows_both_masks(edgewright: Any, shared_file: Any, birds: Path, tmp_path: Path) -> None:
    model, page = shared_file("models/deeplabv3_mnv2_pascal_quant.tflite"), tmp_path / "page.html"
    assert edgewright("evaluate", model, birds, "--html", page).returncode == 0
    text = page.read_text()
    assert "On the left what the model says, on the right what is there." in text
    shown = Image.open(io.BytesIO(base64.b64decode(re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", text)[0])))
    assert shown.width > 1.7 * shown.height
    left, right = (np.asarray(shown.crop(box)).astype(int) for box in halves(shown.size))
    assert np.abs(left - right).mean() < 20


def halves(size: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    width = size[0] // 2 - size[0] // 80
    return [(0, 0, width, size[1] // 2), (size[0] - width, 0, size[0], size[1] // 2)]


def test_two_segmenters_are_compared_without_masks(shared_file: Any, birds: Path) -> None:
    shutil.rmtree(birds / "masks")
    small, large = (shared_file(f"models/deeplabv3_mnv2_{size}pascal_quant.tflite") for size in ("dm05_", ""))
    found = ew.evaluate(small, birds / "images", baseline=large, metric="mask-agreement")
    assert 0.5 < found.found.value < 1
    assert ew.evaluate(large, birds / "images", baseline=large, metric="mask-agreement").found.value == 1
