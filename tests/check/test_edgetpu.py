"""The prediction for the Edge TPU beside what the real compiler did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edgewright.check import Verdict, check
from edgewright.model import ModelFile

Find = Callable[[str], Path]

PAIRS = (
    "deeplabv3_mnv2_pascal_quant",
    "mobilenet_v1_0.25_128_quant",
    "mobilenet_v1_1.0_224_quant_embedding_extractor",
    "movenet_single_pose_lightning_ptq",
)


@pytest.mark.parametrize("name", PAIRS)
def test_exactly_the_operators_that_the_compiler_left_are_left(name: str, shared_file: Find) -> None:
    report = check(shared_file(f"models/{name}.tflite"), targets="edgetpu")["edgetpu"]
    compiled = ModelFile.read(shared_file(f"models/{name}_edgetpu.tflite"))

    predicted = [
        (one.name, one.tensor, one.outputs[0].shape) for one in report.operators if one.verdict != Verdict.RUNS
    ]
    left = [operator for operator in compiled.ops if operator.name != "edgetpu-custom-op"]
    tensors = [compiled.main.tensors[operator.outputs[0]] for operator in left]
    real = [(operator.name, tensor.name, tensor.shape) for operator, tensor in zip(left, tensors, strict=True)]
    assert predicted == real
    assert report.runs


def test_the_tensors_at_the_border_are_those_of_the_compiled_part(shared_file: Find) -> None:
    name = "movenet_single_pose_lightning_ptq"
    report = check(shared_file(f"models/{name}.tflite"), targets="edgetpu")["edgetpu"]
    compiled = ModelFile.read(shared_file(f"models/{name}_edgetpu.tflite"))
    part = next(operator for operator in compiled.ops if operator.is_custom)
    outputs = {compiled.main.tensors[index].name for index in part.outputs}

    readers = [report.operators[index] for index in report.splits]
    assert [one.name for one in readers] == ["QUANTIZE", "ARG_MAX", "DEQUANTIZE", *["GATHER_ND"] * 3]
    assert "Reshape_2" in outputs  # what ARG_MAX reads


def test_what_splits_deeplab_is_the_resize_of_one_pixel(shared_file: Find) -> None:
    report = check(shared_file("models/deeplabv3_mnv2_pascal_quant.tflite"), targets="edgetpu")["edgetpu"]
    (split,) = report.splits
    assert report.operators[split].name == "RESIZE_BILINEAR"
    assert report.operators[split].tensor == "ResizeBilinear"
    assert "33 times" in report.operators[split].reason
    followers = [one for one in report.operators if one.after is not None]
    assert {one.after for one in followers} == {split}
    assert report.macs_share == pytest.approx(
        1 - sum(one.macs or 0 for one in followers) / sum(one.macs or 0 for one in report.operators)
    )


@pytest.mark.parametrize("name", PAIRS)
def test_a_compiled_file_says_what_the_compiler_did(name: str, shared_file: Find) -> None:
    report = check(shared_file(f"models/{name}_edgetpu.tflite"), targets="edgetpu")["edgetpu"]
    assert report.runs
    assert [one.name for one in report.operators if one.verdict == Verdict.RUNS] == ["edgetpu-custom-op"]
    assert "read from the file" in report.basis
    assert report.macs_share is None  # those inside are unknown


def test_a_float_model_has_nothing_for_it(shared_file: Find) -> None:
    report = check(shared_file("models/mobilenet_v1_0.25_224_float.tflite"), targets="edgetpu")["edgetpu"]
    assert not report.runs
    assert report.taken == 0
    assert all("takes int8 and uint8, not float32" in one.reason for one in report.operators)
