"""`edgewright check` as a user calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ..conftest import Run
from ..model.builders import one_operator, raw, tensor

Find = Callable[[str], Path]


def test_all_targets_of_a_real_model(edgewright: Run, shared_file: Find) -> None:
    file = shared_file("sources/vww_96.published.tflite")
    done = edgewright("check", file, "--target", "cpu,gpu,micro", COLUMNS=100)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for title in ("on cpu", "on gpu", "on micro"):
        assert title in done.stdout
    assert "upper bound for 32-bit targets, measured on 64-bit" in done.stdout
    assert "signal to noise" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_an_accelerator_that_takes_nothing_fails(edgewright: Run, shared_file: Find) -> None:
    file = shared_file("models/mobilenet_v1_0.25_224_float.tflite")
    done = edgewright("check", file, "--target", "edgetpu")
    assert done.returncode == 1
    assert "no: Edge TPU takes none of the 31 operators; all would run on the CPU" in done.stdout


def test_json(edgewright: Run, shared_file: Find) -> None:
    file = shared_file("models/movenet_single_pose_lightning_ptq.tflite")
    done = edgewright("check", file, "--target", "edgetpu", "--json")
    assert done.returncode == 0
    (target,) = json.loads(done.stdout)["targets"]
    assert target["target"] == "edgetpu"
    assert len(target["operators"]) == 157
    assert target["operators_taken"] == 98


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["missing.tflite"], 1, "no such file"),
        (["model.tflite", "--target", "npu"], 2, "there is no target 'npu'"),
        ([], 2, "Missing argument 'SOURCE_OR_TFLITE'"),
    ],
)
def test_what_goes_wrong(edgewright: Run, tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    (tmp_path / "model.tflite").write_bytes(raw(one_operator("ABS", [tensor([2])], [tensor([2])])))
    done = edgewright("check", *arguments, cwd=tmp_path)
    assert done.returncode == code
    assert words in done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
