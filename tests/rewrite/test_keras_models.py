"""Networks as TensorFlow's converter writes them: bytes straight in, the same answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edgewright.evaluate import rewriting_proof
from edgewright.model import ModelFile
from edgewright.rewrite import CLEAN, rewrite

from .graphs import describe

IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
HALF = ((127.5,), (127.5,))


@pytest.fixture(scope="session")
def converted(built_by: Callable[[str], Path]) -> Path:
    pytest.importorskip("tensorflow")
    return built_by("rewrite/keras_models.py")


@pytest.mark.parametrize(
    ("name", "normalization", "first"),
    [
        ("same", HALF, ["DEQUANTIZE", "ADD", "CONV_2D"]),
        ("valid", HALF, ["DEQUANTIZE", "CONV_2D"]),
        ("same", IMAGENET, ["DEQUANTIZE", "ADD", "CONV_2D"]),
        ("valid", IMAGENET, ["DEQUANTIZE", "CONV_2D"]),
    ],
)
def test_float_models(converted: Path, name: str, normalization: tuple, first: list[str]):
    before = describe(ModelFile.read(converted / f"{name}.tflite"), *normalization)
    after = rewrite(before, [*CLEAN, "fold-normalization"]).model
    assert [one.name for one in after.ops][: len(first)] == first
    assert len(after.ops) == len(before.ops) + len(first) - 1
    proof = rewriting_proof(before, after, samples=8)
    assert not proof.vacuous
    assert proof.rewrite.agreement.outputs[0].snr_db > 90
    assert proof.rewrite.outputs[0].top1_changes == 0


@pytest.mark.parametrize("name", ["int8", "int8_inside"])
def test_integer_models(converted: Path, name: str):
    """One step of the input, where it lies half-way, may move the output by steps of its own, as other kernels do."""
    before = describe(ModelFile.read(converted / f"{name}.tflite"), *HALF)
    after = rewrite(before, ["fold-normalization"]).model
    assert after.inputs[0].dtype == "uint8"
    assert [one.name for one in after.ops][:2] == ["QUANTIZE", "CONV_2D"]
    proof = rewriting_proof(before, after, samples=8)
    assert not proof.vacuous
    assert proof.rewrite.agreement.outputs[0].largest_difference <= 2 / 256
