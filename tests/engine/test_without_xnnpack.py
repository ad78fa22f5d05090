"""What XNNPACK does not run and LiteRT's own kernels do is run by these, and every verb says so."""

from __future__ import annotations

import numpy as np
import pytest

import edgewright.engine.engine as engines
from edgewright.bench import bench
from edgewright.bench.plan import Plan
from edgewright.check import check, verdict
from edgewright.engine import Interpreter, LiteRTEngine, OpResolverType, open_engine
from edgewright.errors import InterpreterError
from edgewright.hub import load
from edgewright.model import ModelFile

CASE = "cases/16-sparse-dynamic.tflite"


@pytest.fixture
def sparse(shared_file) -> ModelFile:
    return ModelFile.read(shared_file(CASE))


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((1, 16, 16, 3), dtype=np.float32)


@pytest.mark.parametrize("seed", range(10))
def test_engine_falls_back_to_the_kernels_of_litert_and_agrees_with_them(sparse, seed):
    with open_engine(sparse) as engine:
        outputs = engine.run(picture(seed))
        assert "LiteRT's own kernels" in engine.notices[0]
    with open_engine(sparse, kernels=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES) as plain:
        np.testing.assert_array_equal(outputs[0], plain.run(picture(seed))[0])
        assert plain.notices == ()


def test_other_models_stay_with_xnnpack(shared_file):
    with open_engine(ModelFile.read(shared_file("cases/20-two-signatures.tflite"))) as engine:
        assert engine.notices == ()


def test_task_has_it_among_its_notices(sparse):
    with load(sparse, normalization=(0, 255)) as task:
        assert any("LiteRT's own kernels" in notice for notice in task.notices)


class Late(LiteRTEngine):
    """As if XNNPACK gave up in the first run."""

    def run(self, inputs):
        self.notices = ("other kernels run this",)
        return super().run(inputs)


@pytest.fixture
def late(monkeypatch):
    monkeypatch.setattr(engines._engines, "_parts", {**engines._engines._parts, "late": Late})
    return "late"


@pytest.mark.parametrize("workers", [1, 2])
def test_what_shows_in_a_run_is_among_the_notices_after_it(late, shared_file, workers):
    with load(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"), engine=late) as task:
        before = task.notices
        assert "other kernels run this" not in before
        assert all(not answer.error for answer in task.stream([shared_file("images/cat.bmp")] * 3, workers=workers))
        assert task.notices == (*before, "other kernels run this")


def test_bench_says_what_shows_in_a_run(late, shared_file):
    file = shared_file("cases/20-two-signatures.tflite")
    assert any("other kernels run this" in note for note in Plan.of(file, None, late, 1, 1, None, ()).notices())


def test_check_says_that_it_runs_and_on_what(sparse):
    (report,) = check(sparse).targets
    assert report.runs
    assert report.taken == 0
    assert "on LiteRT's own kernels" in verdict(report)
    assert any("XNNPACK does not run this model" in note for note in report.notices)
    assert {operator.reason for operator in report.operators} == {"XNNPACK gives up on this model"}


def test_bench_has_it_among_its_notices(sparse):
    notes = bench(sparse, rounds=1).notices
    assert any("LiteRT's own kernels" in note for note in notes)


def test_interpreter_stays_as_the_runtime_is_and_says_what_helps(sparse):
    with pytest.raises(InterpreterError, match="BUILTIN_WITHOUT_DEFAULT_DELEGATES"):
        Interpreter(model_content=sparse).allocate_tensors()


def test_a_kernel_that_fails_for_another_reason_is_not_tried_twice(sparse):
    with open_engine(sparse) as engine, pytest.raises(InterpreterError):
        engine.run(np.zeros((1, 16, 16, 4), np.float32))
