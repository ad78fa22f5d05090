"""Operators ranked by harm, and a collapsed model brought back by the ranking."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgewright.cache import Cache
from edgewright.model import ModelFile
from edgewright.optimize.children import calibrate_prepared, make_candidate
from edgewright.optimize.decision import drop_between
from edgewright.optimize.inputs.prepared import PreparedData
from edgewright.optimize.measuring import answer, evaluate_candidate
from edgewright.optimize.mixed import Keep, evaluations_allowed, fewest_in_float
from edgewright.optimize.names import label
from edgewright.optimize.scoring import Scoring
from edgewright.optimize.sensitivity import MOST_DB, sensitivity
from edgewright.quantization import Recipe
from edgewright.rewrite import rewrite

from .conftest import DEPTH, OUTLIERS_BEHIND

pytestmark = pytest.mark.filterwarnings("ignore:.*experimental_preserve_all_tensors.*")

INT8 = Recipe("int8, plain biases", "int8", corrected=False)
KEY = {"model": "collapsing"}


def test_a_collapsed_model_comes_back_with_only_the_harmful_layers_in_float(
    collapsing: ModelFile, prepared: PreparedData, tmp_path: Path
):
    model = collapsing.save(tmp_path / "model.tflite")
    ranges = calibrate_prepared(model, prepared, tmp_path / "ranges.npz")
    harms = sensitivity(model, INT8, ranges, prepared, Cache(tmp_path / "cache"), KEY, samples=8)
    before = answer(model, prepared, prepared.selection)

    def drop(keep: Keep) -> float:
        made = tmp_path / "made.tflite"
        make_candidate(model, INT8.keeping(keep), ranges, made)
        found = evaluate_candidate(
            made, prepared, prepared.selection, before, 0.01, float_model=model, stop_early=False
        )
        return drop_between(prepared.scoring.metric, before.records, found.answers.records).drop

    found = fewest_in_float(
        [harm.operator for harm in harms], lambda keep: drop(keep) <= 0.01, limit=evaluations_allowed(DEPTH)
    )
    region = {OUTLIERS_BEHIND, OUTLIERS_BEHIND + 1}
    assert drop(frozenset()) > 0.3
    assert {harm.operator for harm in harms[:2]} == region
    assert found.keep == region
    assert drop(found.keep) <= 0.01
    assert len(found.tried) <= DEPTH / 4


def test_a_second_look_takes_what_the_first_one_left(shallow: ModelFile, prepared: PreparedData, tmp_path: Path):
    model, cache = shallow.save(tmp_path / "model.tflite"), Cache(tmp_path / "cache")
    weights = Recipe("int8 weights", "weights-int8", corrected=False)
    first = sensitivity(model, weights, None, prepared, cache, KEY, samples=4)
    known = {path: path.stat().st_mtime_ns for path in cache.folder.iterdir()}
    next(iter(known)).unlink()
    second = sensitivity(model, weights, None, prepared, cache, KEY, samples=4)
    changed = [path for path, time in known.items() if path.stat().st_mtime_ns != time]
    assert second == first
    assert len(known) == 3
    assert changed == [next(iter(known))]


def test_operators_that_a_recipe_does_not_cover_are_left_out(shared_file: Callable[[str], Path], tmp_path: Path):
    model = rewrite(ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float.tflite"))).model
    np.save(tmp_path / "x.npy", np.random.default_rng(0).uniform(-1, 1, (3, *model.inputs[0].shape)).astype(np.float32))
    one, names = np.arange(3).reshape(3, 1), ("a", "b", "c")
    prepared = PreparedData(tmp_path / "x.npy", None, (), "digest", *one, names, Scoring("classification", None))
    path, weights = model.save(tmp_path / "model.tflite"), Recipe("int8 weights", "weights-int8", corrected=False)
    harms = sensitivity(path, weights, None, prepared, Cache(tmp_path / "cache"), KEY, samples=1)
    kinds = {model.ops[harm.operator].name for harm in harms}
    assert kinds == {"CONV_2D", "DEPTHWISE_CONV_2D"}
    assert len(harms) == sum(op.name in kinds for op in model.ops)
    assert all(0 < harm.snr_db < MOST_DB for harm in harms)


def test_labels_name_place_kind_and_output(shallow: ModelFile):
    assert label(shallow, shallow.ops[1]) == "1 FULLY_CONNECTED layer1"
