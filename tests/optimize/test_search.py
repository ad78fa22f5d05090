"""The whole search: on a model that collapses in full integer, without labels, and killed on its way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from edgewright.model import InputMetadata, Metadata, ModelFile, OutputMetadata
from edgewright.optimize import CANDIDATES, Optimization, optimize

from .networks import dense, fitted, with_outliers

INTEGER = tuple(recipe for recipe in CANDIDATES if recipe.name == "int8")
BUDGET = 0.04


@pytest.fixture(scope="module")
def described(fashion) -> ModelFile:
    """Six layers, of which int8 leaves nothing because of a few huge channels between layers 3 and 4."""
    return dense(with_outliers(fitted(*fashion, depth=6), 3)).with_metadata(
        Metadata(
            inputs=(InputMetadata(kind="feature", mean=(0.0,), std=(1.0,)),),
            outputs=(OutputMetadata(labels=tuple(map(str, range(10)))),),
        )
    )


@pytest.fixture(scope="module")
def found(described: ModelFile, fashion, tmp_path_factory: pytest.TempPathFactory) -> Optimization:
    work = tmp_path_factory.mktemp("work")
    return optimize(described, fashion, max_drop=BUDGET, prefer="latency", candidates=INTEGER, work=work)


def test_full_integer_collapses_and_mixed_precision_comes_back(found: Optimization):
    whole, mixed = found.candidates
    assert whole.status in ("over budget", "stopped early")
    assert whole.drop.drop > 0.3
    assert mixed.accepted
    assert found.chosen == mixed
    assert found.proof.drop <= 0.01
    assert found.model.size < found.source.size / 2


def test_each_candidate_has_one_size_and_the_chosen_one_that_of_its_file(found: Optimization):
    made = {candidate.name: candidate.model_path.stat().st_size for candidate in found.candidates}
    described = {candidate.size - made[candidate.name] for candidate in found.candidates}
    assert found.chosen in found.candidates
    assert described == {found.model.size - made[found.chosen.name]}


def test_only_the_harmful_region_stays_in_float_and_is_named(found: Optimization):
    kept = found.candidates[1].kept_float
    assert kept == ("3 FULLY_CONNECTED layer3", "4 FULLY_CONNECTED layer4")
    assert {name for name, _ in found.sensitivity[:2]} == set(kept)


def test_what_a_recipe_keeps_in_float_stays_so_whatever_else_is_spared(described: ModelFile, fashion, tmp_path: Path):
    """One of the two harmful layers is kept from the start: the other one is found, and both are in float."""
    recipe = INTEGER[0].keeping([3])
    found = optimize(described, fashion, max_drop=BUDGET, prefer="latency", candidates=[recipe], work=tmp_path)
    whole, mixed = found.candidates
    assert whole.kept_float == ("3 FULLY_CONNECTED layer3",)
    assert not whole.accepted
    assert mixed.kept_float == ("3 FULLY_CONNECTED layer3", "4 FULLY_CONNECTED layer4")
    assert mixed.accepted
    assert "3 FULLY_CONNECTED layer3" not in {name for name, _ in found.sensitivity}


def test_provenance_says_what_was_done_and_measured(found: Optimization, described: ModelFile):
    origin = found.model.metadata.provenance
    assert origin.source_sha256 == described.sha256
    assert origin.steps[-1]["kept_float"] == list(found.chosen.kept_float)
    assert origin.steps[-1]["data_sha256"] == found.data.digest
    figures = origin.measured["optimize"]
    assert figures["samples"] == found.proof.n == len(found.data.proof)
    assert figures["interval95"][0] < figures["top1"] < figures["interval95"][1]


def test_a_second_search_repeats_nothing_and_finds_the_same(found: Optimization, described: ModelFile, fashion):
    work = found.data.path.parent
    before = {path: path.stat().st_mtime_ns for path in work.iterdir()}
    again = optimize(described, fashion, max_drop=BUDGET, prefer="latency", candidates=INTEGER, work=work)
    assert {path: path.stat().st_mtime_ns for path in work.iterdir()} == before
    assert again.model.sha256 == found.model.sha256
    assert again.candidates == found.candidates


def test_without_labels_agreement_counts(described: ModelFile, fashion, tmp_path: Path):
    result = optimize(described, fashion[0], max_drop=0.05, candidates=CANDIDATES[:1], work=tmp_path)
    assert not result.labeled
    assert result.float_accuracy is None
    assert result.chosen.name == "float16 weights"
    assert result.proof.candidate_only_right == 0


def test_a_set_too_small_to_tell_says_how_many_would_do(described: ModelFile, fashion, tmp_path: Path):
    x, y = fashion
    few = np.sort(np.random.RandomState(0).permutation(len(x))[:100])
    result = optimize(described, (x[few], y[few]), max_drop=0.01, candidates=CANDIDATES[:1], work=tmp_path)
    assert result.model is None
    (candidate,) = result.candidates
    assert candidate.status == "too few to tell"
    assert "samples to choose by would tell" in candidate.reason
    assert "cannot prove a drop below" in result.notices[-1]
    told = optimize(
        described, (x[few], y[few]), max_drop=0.01, candidates=CANDIDATES[:1], work=tmp_path, point_estimate=True
    )
    assert told.chosen.accepted


SCRIPT = """
import sys
import numpy as np
from edgewright.optimize import CANDIDATES, optimize
with np.load(sys.argv[2]) as arrays:
    data = arrays["x"], arrays["y"]
result = optimize(sys.argv[1], data, max_drop=0.03, candidates=CANDIDATES[:4], work=sys.argv[3])
print(result.chosen.name if result.chosen else None, [one.drop and one.drop.drop for one in result.candidates])
"""


def test_killed_again_and_again_it_gives_the_same_answer_and_repeats_no_step(
    described: ModelFile, fashion, tmp_path: Path
):
    np.savez(tmp_path / "data.npz", x=fashion[0], y=fashion[1])
    (tmp_path / "search.py").write_text(SCRIPT)
    model = described.save(tmp_path / "model.tflite")
    command = [sys.executable, tmp_path / "search.py", model, tmp_path / "data.npz"]
    whole = subprocess.run([*command, tmp_path / "whole"], check=True, capture_output=True, text=True).stdout
    times: dict[str, int] = {}
    for seconds in (1.5, 2.5, 3.5):
        with subprocess.Popen([*command, tmp_path / "work"], start_new_session=True) as process:
            time.sleep(seconds)
            os.killpg(process.pid, signal.SIGKILL)
        times |= {path.name: path.stat().st_mtime_ns for path in (tmp_path / "work").glob("*.json")}
    done = subprocess.run([*command, tmp_path / "work"], check=True, capture_output=True, text=True)
    assert done.stdout == whole
    assert {name: (tmp_path / "work" / name).stat().st_mtime_ns for name in times} == times
