"""Ranges that a network was trained with go into its file, which is compared with the rounded network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import edgewright as ew
from edgewright.errors import ConversionError, UsageError


@pytest.fixture(scope="module")
def models(built_by: Callable[[str], Path]) -> Path:
    return built_by("convert/trained_models.py")


def test_the_ranges_are_those_of_the_graph(models: Path) -> None:
    model = ew.convert(models / "rounded", quantize="trained", normalization="minus_one_to_one")
    assert [operator.name for operator in model.ops] == ["QUANTIZE", "CONV_2D", "MEAN", "DEQUANTIZE"]
    made = {operator.name: model.main.tensors[operator.outputs[0]] for operator in model.ops}
    assert made["QUANTIZE"].scale == pytest.approx((2 / 255,))
    assert made["CONV_2D"].scale == pytest.approx((12 / 255,))
    assert made["MEAN"].scale == pytest.approx((4 / 255,))


def test_it_takes_and_gives_integers_where_that_is_asked_for(models: Path) -> None:
    model = ew.convert(models / "rounded", quantize="trained", io_dtype="int8", normalization="minus_one_to_one")
    assert (model.inputs[0].dtype, model.outputs[0].dtype) == ("int8", "int8")


def test_a_graph_without_fake_quantization_has_no_ranges(models: Path) -> None:
    with pytest.raises(ConversionError, match=r"no fake quantization in its graph.*quantize='int8'"):
        ew.convert(models / "plain", quantize="trained", normalization="minus_one_to_one")


def test_only_tensorflow_has_such_graphs(shared_file: Callable[[str], Path]) -> None:
    model = shared_file("models/mobilenet_v1_0.25_224_float.tflite")
    with pytest.raises(UsageError, match="quantize='trained'"):
        ew.convert(model, quantize="trained")
