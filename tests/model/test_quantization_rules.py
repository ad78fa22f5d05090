"""Ratios of scales: those of every quantizer pass, those that no fixed-point multiplier expresses do not."""

from __future__ import annotations

from typing import Any

import pytest

from edgewright.errors import FormatError
from edgewright.model import ModelFile
from edgewright.model.storage.flatbuffer import Table

from .builders import one_operator, quantized, raw, tensor

ADD = ("AddOptions", {})


def stored(scale: float, dtype: str = "int8", shape: tuple[int, ...] = (1, 4), data: bytes = b"") -> Table:
    return tensor(shape, dtype, data, quantization=quantized([scale], [0]))


def goes(*arguments: Any) -> bool:
    try:
        ModelFile.read(raw(one_operator(*arguments)))
    except FormatError as error:
        assert "the scales of its tensors do not go together" in str(error)  # noqa: PT017
        return False
    return True


@pytest.mark.parametrize(
    ("first", "second", "result", "fits"),
    [
        (0.02, 0.3, 0.31, True),
        (1e-6, 50.0, 40.0, True),
        (0.01, 0.01, 1e-4, True),
        (1000.0, 0.01, 1e-3, False),  # 2 * 1000 / (2^20 * 0.001) is above 1.
        (0.01, 1e30, 0.01, False),
        (0.01, 0.01, 1e-9, False),
    ],
)
@pytest.mark.parametrize("name", ["ADD", "SUB"])
def test_sums(name: str, first: float, second: float, result: float, fits: bool) -> None:
    options = (f"{name.title()}Options", {})
    assert goes(name, [stored(first), stored(second)], [stored(result)], options) is fits


def test_sums_of_16_bits_have_less_room() -> None:
    def case(result: float) -> bool:
        return goes("ADD", [stored(1.0, "int16")] * 2, [stored(result, "int16")], ADD)

    assert case(1e-3)
    assert not case(1e-5)


def test_sums_of_quantized_and_plain_numbers() -> None:
    plain = tensor([1, 4], "int16")
    assert goes("ADD", [plain, plain], [plain], ADD)
    assert not goes("ADD", [plain, stored(0.1, "int16")], [stored(0.1, "int16")], ADD)


@pytest.mark.parametrize(("result", "fits"), [(0.01, True), (1e-6, True), (1e-9, False)])
def test_squared_differences(result: float, fits: bool) -> None:
    assert goes("SQUARED_DIFFERENCE", [stored(0.01)] * 2, [stored(result)]) is fits


@pytest.mark.parametrize(("scale", "fits"), [(0.5, True), (1.5, False)])
@pytest.mark.parametrize("name", ["LESS", "EQUAL"])
def test_comparisons(name: str, scale: float, fits: bool) -> None:
    assert goes(name, [stored(scale)] * 2, [tensor([1, 4], "bool")]) is fits


@pytest.mark.parametrize(("scale", "fits"), [(0.1, True), (1e-9, False)])
def test_softmax(scale: float, fits: bool) -> None:
    assert goes("SOFTMAX", [stored(scale)], [stored(1 / 256)], ("SoftmaxOptions", {"beta": 1.0})) is fits


@pytest.mark.parametrize(("scale", "fits"), [(0.005, True), (1.0, True), (300.0, False)])
def test_products_with_weights(scale: float, fits: bool) -> None:
    weights = stored(scale, shape=(2, 4), data=bytes(8))
    options = ("FullyConnectedOptions", {})
    assert goes("FULLY_CONNECTED", [stored(0.1), weights], [stored(0.1, shape=(1, 2))], options) is fits


@pytest.mark.parametrize("name", ["EQUAL", "NOT_EQUAL"])
def test_comparisons_of_16_bits_scale_as_those_of_8(name: str) -> None:
    """Their kernels end the process over a scale that is no multiplier below one, and take none as well."""

    def file(*scales: float) -> bytes:
        inputs = [tensor([4], "int16", quantization=quantized([scale], [0]) if scale else None) for scale in scales]
        return raw(one_operator(name, inputs, [tensor([4], "bool")]))

    ModelFile.read(file(0.5, 0.25))
    ModelFile.read(file(0, 0))
    for scales in ((0.5, 1.0), (1.0, 0.5), (1e-30, 1.0), (1e30, 1.0)):
        with pytest.raises(FormatError, match="do not go together"):
            ModelFile.read(file(*scales))
