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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["model.tflite", "--fix"], "--fix does not go with a .tflite file"),
        (["model.tflite", "--data", "photos"], "--data does not go with a .tflite file"),
        (["model.tflite", "--out", "made.tflite"], "--out does not go with a .tflite file"),
        (["model.tflite", "--html", "page.html"], "--html does not go with a .tflite file"),
        (["source.h5", "--target", "micro"], "--target does not go with a source"),
        (["source.h5", "--html", "page.html"], "--html does not go with a source"),
        (["--layers", "source.h5", "model.tflite", "--target", "cpu"], "--target does not go with --layers"),
        (["--layers", "source.h5", "model.tflite", "--fix"], "--fix does not go with --layers"),
        (["missing.tflite", "--fix"], "no such file"),
    ],
)
def test_no_option_is_passed_over_in_silence(edgewright: Run, tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "model.tflite").write_bytes(raw(one_operator("ABS", [tensor([2])], [tensor([2])])))
    (tmp_path / "source.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    done = edgewright("check", *arguments, cwd=tmp_path)
    assert done.returncode == (1 if "missing.tflite" in arguments else 2)
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
