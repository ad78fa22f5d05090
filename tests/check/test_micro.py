"""TensorFlow Lite Micro, which is run."""

from __future__ import annotations

import importlib
import math
import struct
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from edgewright.check import Verdict, check
from edgewright.errors import MissingExtraError
from edgewright.rewrite import passes_for, rewrite

from ..model.builders import model, one_operator, operator, raw, subgraph, tensor

Find = Callable[[str], Path]

# The published files that TensorFlow Lite Micro can take; quantized ones among them are unsigned, which it cannot.
TAKEN = (
    "models/mobilenet_v1_0.25_224_float.tflite",
    "models/mobilenet_v1_0.25_224_float_metadata.tflite",
    "models/movie_review.tflite",
    "sources/pretrainedResnet.published.tflite",
    "sources/vww_96.published.tflite",
)

# The others, with the operators that hinder.
REFUSED = {
    "models/deeplabv3_mnv2_pascal_quant.tflite": {"uint8"},
    "models/mobilenet_v1_0.25_128_quant.tflite": {"uint8"},
    "models/mobilenet_v1_0.75_192_quant.tflite": {"uint8"},
    "models/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite": {"uint8"},
    "models/mobilenet_v2_1.0_224_quant.tflite": {"uint8"},
    "models/movenet_single_pose_lightning_ptq.tflite": {"CAST", "FLOOR_DIV"},
    "models/ssd_mobilenet_v1_coco_quant_metadata.tflite": {"uint8"},
    "models/yamnet.tflite": {"RFFT2D", "COMPLEX_ABS"},
    "sources/kws_ref_model.published.tflite": {"CONV_2D"},
}


@pytest.mark.parametrize("name", TAKEN)
def test_it_runs_and_computes_what_litert_does(name: str, shared_file: Find) -> None:
    report = check(shared_file(name), targets="micro")["micro"]
    assert report.runs, report.problem
    assert all(one.verdict == Verdict.RUNS for one in report.operators)
    assert report.agreement is not None
    assert report.agreement.sound
    assert not report.agreement.vacuous
    assert min(output.snr_db for output in report.agreement.outputs) > 80
    assert report.arena is not None
    # The weights stay in the file; what it needs is at least the largest of the activations.
    sizes = [math.prod(output.shape) * 4 for one in report.operators for output in one.outputs]
    assert report.arena.smallest > max(sizes)
    assert report.arena.smallest == pytest.approx(report.arena.reported, rel=0.05)


def test_the_arena_is_the_smallest_that_is_enough(shared_file: Find) -> None:
    from tflite_micro import runtime

    file = shared_file("sources/vww_96.published.tflite")
    report = check(file, targets="micro")["micro"]
    assert report.arena is not None
    data = file.read_bytes()
    runtime.Interpreter.from_bytes(data, arena_size=report.arena.smallest)
    with pytest.raises(RuntimeError):
        runtime.Interpreter.from_bytes(data, arena_size=report.arena.smallest - 16)


# The same again, with more of it.
SAME = (
    "models/mobilenet_v1_0.75_192_quant.tflite",
    "models/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite",
    "models/mobilenet_v2_1.0_224_quant.tflite",
)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.extras if name in SAME else ()) for name in REFUSED]
)
def test_all_that_hinders_is_said_at_once(name: str, shared_file: Find) -> None:
    report = check(shared_file(name), targets="micro")["micro"]
    assert not report.runs
    hindering = {one.name for one in report.operators if one.verdict == Verdict.UNSUPPORTED}
    types = {one.types for one in report.operators if one.verdict == Verdict.UNSUPPORTED}
    expected = REFUSED[name]
    assert (types & expected) if expected == {"uint8"} else hindering == expected
    assert all(one.reason for one in report.operators if one.verdict == Verdict.UNSUPPORTED)
    assert report.problem.startswith("it stops at operator")
    mixed = any(one.types.startswith("float32 × int") for one in report.operators if one.verdict != Verdict.RUNS)
    assert any("--quantize int8" in step for step in report.next_steps) or not mixed


@pytest.mark.extras
def test_the_command_that_is_named_makes_a_file_that_runs(shared_file: Find) -> None:
    path = shared_file("models/mobilenet_v2_1.0_224_quant.tflite")
    assert any("--modernize --int8-edges" in step for step in check(path, targets="micro")["micro"].next_steps)
    report = check(rewrite(path, passes_for(modernize=True, int8_edges=True)).model, targets="micro")["micro"]
    assert report.runs, report.problem


def six_axes() -> bytes:
    """A SLICE of more axes than its kernel of TensorFlow Lite Micro has room for: it aborts."""
    zeros, ones = struct.pack("<6i", *[0] * 6), struct.pack("<6i", *[1] * 6)
    places = [tensor([6], "int32", zeros), tensor([6], "int32", ones)]
    return raw(one_operator("SLICE", [tensor([2] * 6), *places], [tensor([1] * 6)]))


def test_an_abort_is_a_result() -> None:
    report = check(six_axes(), targets=["cpu", "micro"])
    assert report["cpu"].runs
    assert not report["micro"].runs
    assert "ends the process (SIGABRT)" in report["micro"].problem
    assert report["micro"].operators[0].reason.startswith("ends the process (SIGABRT)")


def test_what_comes_after_an_operator_that_aborts_is_still_tried() -> None:
    zeros, ones = struct.pack("<6i", *[0] * 6), struct.pack("<6i", *[1] * 6)
    tensors = [
        tensor([2] * 6),
        tensor([6], "int32", zeros),
        tensor([6], "int32", ones),
        tensor([1] * 6),
        tensor([1] * 6),
    ]
    add = operator("ADD", [3, 3], [4], ("AddOptions", {"fused_activation_function": 0}))
    tables = model(subgraph(tensors, [operator("SLICE", [0, 1, 2], [3]), add], [0], [4]))
    report = check(raw(tables), targets="micro")["micro"]
    assert [one.verdict for one in report.operators] == [Verdict.UNSUPPORTED, Verdict.RUNS]


def test_an_arena_that_kills_is_too_small() -> None:
    axis = tensor([1], "int32", struct.pack("<i", 5))
    tables = one_operator("MEAN", [tensor([2] * 6), axis], [tensor([2] * 5)], ("ReducerOptions", {"keep_dims": False}))
    report = check(raw(tables), targets="micro")["micro"]
    assert report.runs, report.problem
    assert report.arena is not None
    assert 0 < report.arena.smallest < 10_000


def test_a_custom_operator_is_not_there() -> None:
    report = check(raw(one_operator("my-op", [tensor([4])], [tensor([4])])), targets="micro")["micro"]
    assert report.problem == "it stops at operator 0 (my-op): no such operator"


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, shared_file: Find) -> None:
    room = importlib.import_module("edgewright.check.targets.micro")
    monkeypatch.setattr(room, "find_spec", lambda name: None if name == "tflite_micro" else find_spec(name))
    with pytest.raises(MissingExtraError, match=r"pip install 'edgewright\[micro\]'"):
        check(shared_file("models/movie_review.tflite"), targets="micro")


@pytest.mark.extras
def test_a_network_quantized_to_8_bits(shared_file: Find) -> None:
    import numpy as np

    import edgewright as ew

    generator = np.random.default_rng(0)
    samples = [generator.uniform(0, 1, (1, 96, 96, 3)).astype(np.float32) for _ in range(16)]
    model = ew.convert(shared_file("sources/vww_96.h5"), quantize="int8", representative_data=samples)
    report = ew.check(model, targets="micro")["micro"]
    assert report.runs, report.problem
    assert report.agreement is not None
    assert min(output.snr_db for output in report.agreement.outputs) > 25
