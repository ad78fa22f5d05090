"""What XNNPACK takes, measured."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from edgewright.check import Verdict, check
from edgewright.model import ModelFile

from ..model.builders import model, one_operator, operator, raw, subgraph, tensor

Find = Callable[[str], Path]

MODELS = (
    "models/deeplabv3_mnv2_pascal_quant.tflite",
    "models/mobilenet_v1_0.25_128_quant.tflite",
    "models/mobilenet_v1_0.25_224_float.tflite",
    "models/mobilenet_v2_1.0_224_quant.tflite",
    "models/movenet_single_pose_lightning_ptq.tflite",
    "models/movie_review.tflite",
    "models/ssd_mobilenet_v1_coco_quant_metadata.tflite",
    "models/yamnet.tflite",
    "sources/kws_ref_model.published.tflite",
    "sources/pretrainedResnet.published.tflite",
    "sources/vww_96.published.tflite",
)


FEW = (0, 2, 4, 6, 7, 8)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if place in FEW else pytest.mark.extras) for place, name in enumerate(MODELS)],
)
def test_real_models_run(name: str, shared_file: Find) -> None:
    file = ModelFile.read(shared_file(name))
    report = check(file)["cpu"]
    assert report.runs, report.problem
    assert [one.name for one in report.operators] == [one.name for one in file.ops]
    assert all(one.verdict in (Verdict.RUNS, Verdict.CPU) for one in report.operators)
    assert sum(one.macs or 0 for one in report.operators) == file.macs
    assert report.basis.startswith("measured with")
    # Where XNNPACK is built in, it takes the convolutions; the runtime of 32-bit machines may do without.
    assert report.pieces == 0 or any(one.verdict == Verdict.RUNS for one in report.operators)


def test_what_no_accelerator_knows_stays_with_litert(shared_file: Find) -> None:
    report = check(shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite"))["cpu"]
    last = report.operators[-1]
    assert (last.name, last.verdict) == ("TFLite_Detection_PostProcess", Verdict.CPU)
    assert last.index in report.splits


def test_a_custom_operator_is_not_supported_and_the_others_are_tried_alone() -> None:
    vector = tensor([4])
    options = ("AddOptions", {"fused_activation_function": 0})
    tables = model(
        subgraph(
            [vector, vector, vector],
            [operator("my-op", [0], [1]), operator("ADD", [1, 1], [2], options)],
            [0],
            [2],
        )
    )
    report = check(raw(tables))["cpu"]
    assert not report.runs
    assert "my-op" in report.problem
    first, second = report.operators
    assert first.verdict == Verdict.UNSUPPORTED
    assert second.verdict in (Verdict.RUNS, Verdict.CPU)


def test_a_file_for_the_edge_tpu_needs_one(shared_file: Find) -> None:
    report = check(shared_file("models/mobilenet_v1_0.25_128_quant_edgetpu.tflite"))["cpu"]
    assert not report.runs
    assert "compiled for the Edge TPU" in report.problem


def endless() -> bytes:
    """A loop whose condition holds for ever."""
    number = tensor([1], "int32")
    truth = tensor([1], "bool")
    call = operator("WHILE", [0], [1], ("WhileOptions", {"cond_subgraph_index": 1, "body_subgraph_index": 2}))
    condition = subgraph([number, truth], [operator("EQUAL", [0, 0], [1], ("EqualOptions", {}))], [0], [1])
    body = subgraph([number, number], [operator("ADD", [0, 0], [1], ("AddOptions", {}))], [0], [1])
    return raw(model(subgraph([number, number], [call], [0], [1]), condition, body))


@pytest.mark.parametrize("target", ["cpu", "micro"])
def test_a_model_that_never_ends_is_a_result(target: str) -> None:
    report = check(endless(), targets=[target], timeout=6)[target]
    assert not report.runs
    assert "6 s" in report.problem


def test_text_cannot_be_made_up() -> None:
    target = tensor([2], "int32", struct.pack("<2i", 2, 1))
    report = check(raw(one_operator("RESHAPE", [tensor([2], "string"), target], [tensor([2, 1], "string")])))["cpu"]
    assert any("not run" in note for note in report.notices)
