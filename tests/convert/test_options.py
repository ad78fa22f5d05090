from __future__ import annotations

import math

import numpy as np
import pytest

from edgewright.convert.options import ConversionOptions, Normalization
from edgewright.errors import UsageError
from edgewright.media import NORMALIZATIONS


def test_defaults_are_a_float_model_with_batch_1():
    options = ConversionOptions()
    assert (options.quantize, options.io_dtype, options.dynamic_batch, options.trust) == (
        "none",
        "float32",
        False,
        False,
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"quantize": "int4"}, "Choose one of: none, dynamic, float16, int8, trained"),
        ({"io_dtype": "int16"}, "Choose one of: float32, uint8, int8"),
        ({"quantize": "int8"}, "needs representative_data"),
        ({"io_dtype": "uint8"}, "goes with quantize='int8' only"),
        ({"normalization": "vgg"}, "zero_to_one"),
        ({"normalization": (1, 2, 3)}, "expected"),
        ({"normalization": ("a", 1)}, "expected"),
        ({"normalization": (0, 0)}, "std above 0"),
        ({"normalization": ((0, 0), (1,))}, "as many of both"),
        ({"normalization": (math.nan, 1)}, "finite"),
        ({"input_shape": 224}, "no shape"),
        ({"input_shape": (0, 3)}, "above 0"),
        ({"input_shape": {"x": (None, 3)}}, "above 0"),
        ({"labels": ["a", "b\nc"]}, "label 1"),
        ({"labels": ["a", 2]}, "label 1"),
        ({"labels": "missing.txt"}, "no such file of labels"),
        ({"task": "pose", "columns": ["x", "y"]}, "columns goes with task='series' only; got 'pose'"),
        ({"task": "detection", "rate": 50}, "rate goes with task='series' only; got 'detection'"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, words):
    with pytest.raises(UsageError, match=words):
        ConversionOptions.of(**wrong)


def test_labels_are_one_a_line_with_or_without_windows_habits(tmp_path):
    path = tmp_path / "labels.txt"
    path.write_bytes("\ufeffcat\r\nsmall dog\r\n\r\nbird\r\n\r\n".encode())
    assert ConversionOptions.of(labels=path).label_lines == ("cat", "small dog", "", "bird")


def test_file_without_labels_is_refused(tmp_path):
    (tmp_path / "labels.txt").write_text("\n\n")
    with pytest.raises(UsageError, match="no labels"):
        ConversionOptions.of(labels=str(tmp_path / "labels.txt"))


@pytest.mark.parametrize("preset", NORMALIZATIONS)
def test_presets_are_normalizations(preset):
    assert ConversionOptions.of(normalization=preset).normalization == Normalization(*NORMALIZATIONS[preset])


def test_normalization_says_what_range_pixels_come_to():
    assert (Normalization((127.5,), (127.5,)).low, Normalization((127.5,), (127.5,)).high) == (-1, 1)
    imagenet = Normalization(*NORMALIZATIONS["imagenet"])
    assert imagenet.low == pytest.approx(-2.1179, abs=1e-4)
    assert imagenet.high == pytest.approx(2.64, abs=1e-2)


def test_one_mean_or_one_for_each_channel():
    assert ConversionOptions.of(normalization=(0, 255)).normalization == Normalization((0.0,), (255.0,))
    assert ConversionOptions.of(normalization=((1, 2, 3), (4, 5, 6))).normalization == Normalization(
        (1, 2, 3), (4, 5, 6)
    )


def test_int8_takes_every_io_dtype():
    for io_dtype in ("float32", "uint8", "int8"):
        options = ConversionOptions.of(quantize="int8", io_dtype=io_dtype, representative_data=np.zeros((2, 3)))
        assert options.io_dtype == io_dtype
