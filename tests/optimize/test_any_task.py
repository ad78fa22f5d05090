"""The search for models of every task: the budget is kept, which `evaluate` finds by its own way on the proof split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from edgewright.data import Dataset
from edgewright.evaluate import evaluate
from edgewright.model import ModelFile
from edgewright.optimize import Optimization, Recipe, brief_table, optimize, report_page, verdict, workbench
from edgewright.optimize.inputs.prepared import prepare
from edgewright.optimize.losing import comparable, lost_parts
from edgewright.quantization import calibrate, quantize
from edgewright.rewrite import rewrite

from ..task import detector_files
from . import anynets

pytestmark = pytest.mark.xdist_group("any task")

INT8 = Recipe("int8", "int8")
EDGES = Recipe("int8, int8 edges", "int8", "int8")


def unlabeled(samples: Dataset) -> Dataset:
    return Dataset(samples.inputs, None, (), samples.name, samples.origin)


def proof_of(found: Optimization, samples: Dataset) -> Dataset:
    assert len(found.data) == len(samples)
    return samples.take(found.data.proof)


def drop_by_evaluate(found: Optimization, samples: Dataset, source: ModelFile) -> float:
    """What was lost, in the unit of the metric, by another way than the search's."""
    assert found.model is not None
    proof = proof_of(found, samples)
    said = evaluate(found.model, proof, baseline=source, metric=found.metric.name, workers=1)
    return (said.comparison.before.value if said.comparison else 1.0) - said.value


TASKS: dict[str, tuple[Callable[[], ModelFile], Callable[[], Dataset], str, float]] = {
    "segmentation": (anynets.segmenter, anynets.segments, "mIoU", 0.02),
    "embedding": (anynets.embedder, lambda: unlabeled(anynets.segments()), "cosine", 0.002),
    "series": (anynets.series_model, anynets.series_data, "segment-F1", 0.02),
    "texts": (anynets.text_model, anynets.text_data, "top1", 0.06),
    "tensors": (anynets.tensors_model, anynets.tensors_data, "cosine", 0.005),
}


@pytest.mark.parametrize("task", TASKS)
def test_each_task_keeps_its_budget_on_the_proof_split(task: str, tmp_path: Path):
    make, data, metric, budget = TASKS[task]
    source, samples = make(), data()
    found = optimize(source, samples, max_drop=budget, work=tmp_path, candidates=[EDGES])
    assert found.metric.name == metric
    assert found.within_budget, verdict(found)
    assert found.model is not None
    assert {spec.dtype for spec in found.model.outputs} == {"int8"}
    assert [spec.dtype for spec in found.model.inputs] == [
        "int8" if spec.dtype == "float32" else spec.dtype for spec in source.inputs
    ]
    assert drop_by_evaluate(found, samples, source) == pytest.approx(found.proof.drop if found.proof else None)
    assert found.proof is not None
    assert found.proof.upper() <= budget
    assert "Smaller, with proof" in report_page(found).to_html()


# ----- a detector whose boxes and scores share an output


@pytest.fixture(scope="module")
def squares() -> Dataset:
    return anynets.squares(80)


@pytest.fixture(scope="module")
def found(squares: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Optimization:
    return optimize(
        anynets.detector(), squares, max_drop=0.03, work=tmp_path_factory.mktemp("work"), candidates=[EDGES, INT8]
    )


def test_a_detector_keeps_its_map_because_boxes_and_scores_stand_apart(found: Optimization, squares: Dataset):
    assert found.within_budget
    assert found.model is not None
    assert [output.name for output in found.model.metadata.outputs] == ["boxes", "scores"]
    assert found.model.metadata.outputs[0].labels == anynets.SQUARES
    assert drop_by_evaluate(found, squares, anynets.detector()) <= 0.03
    assert evaluate(found.model, proof_of(found, squares), workers=1).value > 0.9


def test_an_output_that_integers_are_too_coarse_for_is_given_in_float(found: Optimization):
    status = {candidate.name: candidate.status for candidate in found.candidates}
    assert status == {
        "int8, int8 edges": "over budget", "int8": "accepted", "int8, int8 edges but boxes": "accepted",
    }  # fmt: skip
    assert found.candidates[0].drop is not None
    assert found.candidates[0].drop.drop > 0.2


def test_its_table_fits_a_terminal_of_80_letters(found: Optimization):
    rows = [[cell or "" for cell in row] for row in brief_table(found).rows]
    assert sum(max(map(len, column)) + 2 for column in zip(*rows, strict=True)) - 2 <= 80


def naive(samples: Dataset, folder: Path) -> tuple[Path, Path, Sequence[Any]]:
    """The float file in order, its int8 with one scale for boxes and scores, and rows to look at."""
    model = rewrite(anynets.detector()).model
    rows = prepare(anynets.detector(), samples, folder=folder).to_calibrate()
    made = quantize(model, EDGES, calibrate(model, rows))
    return model.save(folder / "float.tflite"), made.save(folder / "naive.tflite"), rows


def test_the_plain_way_would_have_lost_everything(squares: Dataset, tmp_path: Path):
    before, after, rows = naive(squares, tmp_path)
    assert evaluate(before, squares.take(range(10)), workers=1).value > 0.9
    assert evaluate(after, squares.take(range(10)), workers=1).value < 0.2
    (said,) = lost_parts(before, after, rows)
    assert "class scores" in said
    assert "in float, and are 0 here" in said
    assert lost_parts(before, before, rows) == []


def test_where_they_cannot_be_taken_apart_nothing_collapses_unseen(
    squares: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Not by the measured drop alone either, and not for a budget in which a metric would accept anything."""
    monkeypatch.setattr(workbench, "may_stand_apart", lambda model: False)
    source = anynets.detector()
    kept = optimize(source, squares, max_drop=0.9999, work=tmp_path, candidates=[EDGES], point_estimate=True)
    assert kept.candidates[0].status == "part lost"
    assert "class scores" in kept.candidates[0].reason
    assert kept.model is None
    assert "No candidate kept within the budget" in verdict(kept)


def test_a_finished_detector_gives_its_boxes_in_float(squares: Dataset, tmp_path: Path):
    source = anynets.finished_detector()
    kept = optimize(source, squares, max_drop=0.03, work=tmp_path, candidates=[EDGES])
    assert kept.within_budget, verdict(kept)
    assert kept.model is not None
    assert kept.model.inputs[0].dtype == "int8"
    assert [spec.dtype for spec in kept.model.outputs] == ["float32"] * 4
    assert drop_by_evaluate(kept, squares, source) <= 0.03


def test_without_labels_boxes_are_compared(squares: Dataset, tmp_path: Path):
    source, pictures = anynets.detector(split=True), unlabeled(squares)
    kept = optimize(source, pictures, max_drop=0.05, work=tmp_path, candidates=[INT8])
    assert kept.metric.name == "box-agreement"
    assert kept.within_budget, verdict(kept)
    assert drop_by_evaluate(kept, pictures, source) <= 0.05


def test_outputs_that_are_sorted_are_not_compared_place_by_place():
    assert comparable(anynets.detector()) == [0]
    assert comparable(anynets.tensors_model()) == [0, 1]
    assert comparable(detector_files.post_processed()) == []
