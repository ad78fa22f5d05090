"""Answers, early stops, time and memory of real candidates."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from edgewright.errors import QuantizationError, UsageError
from edgewright.evaluate import Runner
from edgewright.machine import run_in_child
from edgewright.model import ModelFile
from edgewright.optimize.decision import drop_between
from edgewright.optimize.inputs.prepared import PreparedData
from edgewright.optimize.measuring import Evaluation, answer, evaluate_candidate, memory_to_run, time_candidates
from edgewright.optimize.scoring import Scoring
from edgewright.quantization import Recipe, quantize

from .networks import dense

Told = list[tuple[str, int, int]]


@pytest.fixture
def float_path(shallow: ModelFile, tmp_path: Path) -> Path:
    return shallow.save(tmp_path / "float.tflite")


@pytest.fixture
def small_path(shallow: ModelFile, tmp_path: Path) -> Path:
    return quantize(shallow, Recipe("int8 weights", "weights-int8", corrected=False)).save(tmp_path / "small.tflite")


@pytest.fixture
def constant_path(tmp_path: Path) -> Path:
    """It says class 0 whatever it is shown."""
    bias = np.eye(10, dtype=np.float32)[0]
    return dense([(np.zeros((10, 784), np.float32), bias)]).save(tmp_path / "constant.tflite")


def test_answers_are_those_of_the_model(float_path: Path, shallow: ModelFile, prepared: PreparedData):
    found = answer(float_path, prepared, prepared.proof)
    with Runner(shallow) as run:
        scores = np.array([run(sample)[0][0] for sample in prepared.open().rows(prepared.proof)])
    assert list(found.best) == scores.argmax(1).tolist()
    assert found.said == tuple(f"class {index}" for index in scores.argmax(1))
    assert [record[2] for record in found.records] == scores.max(1).tolist()


def test_a_good_candidate_is_asked_about_every_sample(float_path: Path, small_path: Path, prepared: PreparedData):
    before = answer(float_path, prepared, prepared.selection)
    told: Told = []
    found = evaluate_candidate(
        small_path,
        prepared,
        prepared.selection,
        before,
        0.01,
        float_model=float_path,
        name="int8",
        progress=lambda *one: told.append(one),
    )
    after = answer(small_path, prepared, prepared.selection)
    assert found.answers == after
    assert len(found.answers) == 400
    assert found.stopped == ""
    assert found.agreement == (np.array(before.best) == after.best).mean() > 0.95
    right = (np.array(after.best) == prepared.targets[prepared.selection]).mean()
    assert told[-1] == (f"int8: {right:.1%}", 400, 400)


def test_a_hopeless_candidate_is_stopped_early(float_path: Path, constant_path: Path, prepared: PreparedData):
    before = answer(float_path, prepared, prepared.selection)
    found = evaluate_candidate(constant_path, prepared, prepared.selection, before, 0.01, float_model=float_path)
    assert found.stopped == "over budget"
    assert len(found.answers) == 50
    whole = evaluate_candidate(
        constant_path, prepared, prepared.selection, before, 0.01, float_model=float_path, stop_early=False
    )
    assert len(whole.answers) == 400


def test_a_candidate_that_would_take_too_long_is_stopped(float_path: Path, prepared: PreparedData):
    before = answer(float_path, prepared, prepared.selection)
    found = evaluate_candidate(
        float_path, prepared, prepared.selection, before, 0.01, float_model=float_path, seconds=1e-9
    )
    assert (found.stopped, len(found.answers)) == ("too slow", 50)


def test_without_labels_the_float_models_answers_are_right(float_path: Path, small_path: Path, prepared: PreparedData):
    scoring = Scoring("classification", None, "agreement")
    unlabeled = dataclasses.replace(prepared, targets=None, scoring=scoring)
    before = answer(float_path, unlabeled, unlabeled.selection)
    found = evaluate_candidate(small_path, unlabeled, unlabeled.selection, before, 0.01, float_model=float_path)
    drop = drop_between(scoring.metric, before.records, found.answers.records)
    assert drop.candidate_only_right == 0
    assert drop.drop == pytest.approx(1 - found.agreement)


def test_an_evaluation_survives_the_cache(float_path: Path, small_path: Path, prepared: PreparedData):
    before = answer(float_path, prepared, prepared.selection[:60])
    found = evaluate_candidate(small_path, prepared, prepared.selection[:60], before, 0.01, float_model=float_path)
    assert Evaluation.of(json.loads(json.dumps(found.to_dict()))).to_dict() == json.loads(json.dumps(found.to_dict()))


def test_scores_that_are_no_numbers_are_reported(prepared: PreparedData, tmp_path: Path):
    path = dense([(np.full((2, 784), np.nan, np.float32), np.zeros(2, np.float32))]).save(tmp_path / "nan.tflite")
    with pytest.raises(QuantizationError, match="returned NaN"):
        answer(path, prepared, prepared.proof)


def test_an_output_of_one_number_is_refused(prepared: PreparedData, tmp_path: Path):
    path = dense([(np.ones((1, 784), np.float32), np.zeros(1, np.float32))]).save(tmp_path / "one.tflite")
    with pytest.raises(UsageError, match="one row of outputs"):
        answer(path, prepared, prepared.proof)


def test_models_are_timed_side_by_side_in_a_child(float_path: Path, small_path: Path, prepared: PreparedData):
    models = {"float": float_path, "small": small_path}
    timings = run_in_child(time_candidates, models, prepared.open().row(0), budget_s=0.5, timeout=120)
    assert timings.keys() == models.keys()
    assert timings["small"].rounds == timings["float"].rounds
    assert timings["small"].ratio(timings["float"]) > 0


def test_a_larger_model_takes_more_memory(small_path: Path, tmp_path: Path):
    wide = dense([(np.ones((20_000, 784), np.float32), np.zeros(20_000, np.float32))]).save(tmp_path / "wide.tflite")
    small, large = (run_in_child(memory_to_run, path, timeout=120) for path in (small_path, wide))
    assert large > small + 20_000 * 784 * 4
