"""The prediction for the GPU delegate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edgewright.check import Verdict, check

Find = Callable[[str], Path]

TAKEN = {
    "models/deeplabv3_mnv2_pascal_quant.tflite": ["ARG_MAX"],
    "models/mobilenet_v2_1.0_224_quant.tflite": [],
    "models/ssd_mobilenet_v1_coco_quant_metadata.tflite": ["TFLite_Detection_PostProcess"],
    "sources/vww_96.published.tflite": [],
    "sources/kws_ref_model.published.tflite": [],
}


@pytest.mark.parametrize(("name", "left"), TAKEN.items(), ids=lambda one: one if isinstance(one, str) else "")
def test_real_models(name: str, left: list[str], shared_file: Find) -> None:
    report = check(shared_file(name), targets=["gpu"])["gpu"]
    assert report.runs
    assert [one.name for one in report.operators if one.verdict != Verdict.RUNS] == left
    assert report.macs_share == 1.0
    assert report.basis.startswith("predicted")


def test_only_the_largest_piece_is_taken(shared_file: Find) -> None:
    report = check(shared_file("models/movenet_single_pose_lightning_ptq.tflite"), targets="gpu")["gpu"]
    assert report.pieces > 1
    taken = [one.index for one in report.operators if one.verdict == Verdict.RUNS]
    assert len(taken) > len(report.operators) / 2
    later = [one for one in report.operators if one.verdict == Verdict.CPU and one.after is not None]
    assert later
    assert all(one.after is not None and one.after < one.index for one in later)
