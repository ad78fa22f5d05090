"""Samples of every kind, prepared once: what a model answers of them is what `evaluate` finds by its own way."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgewright.data import Dataset, content_digest
from edgewright.errors import DataError, OutputError, UsageError
from edgewright.evaluate import evaluate
from edgewright.media import SeriesWindows
from edgewright.model import ModelFile
from edgewright.optimize.inputs import samples as samples_module
from edgewright.optimize.inputs.prepared import PreparedData, prepare
from edgewright.optimize.measuring import answer
from edgewright.task import open_task

from .. import anynets
from ..networks import dense

KINDS = {
    "series": (anynets.series_model, anynets.series_data, "segment-F1", 585),
    "series of one class": (anynets.series_model, anynets.series_classes, "window-top1", 585),
    "sounds": (anynets.sound_model, anynets.sound_data, "sound-top1", 635),
    "texts": (anynets.text_model, anynets.text_data, "top1", 120),
    "tensors": (anynets.tensors_model, anynets.tensors_data, "cosine", 80),
    "masks": (anynets.segmenter, anynets.segments, "mIoU", 80),
    "boxes": (anynets.detector, lambda: anynets.squares(30), "mAP", 30),
}


@pytest.mark.parametrize("kind", KINDS)
def test_answers_are_scored_as_evaluate_scores_them(kind: str, tmp_path: Path):
    make, data, metric, rows = KINDS[kind]
    model, samples = make(), data()
    found: PreparedData = pickle.loads(pickle.dumps(prepare(model, samples, folder=tmp_path)))
    answers = answer(model.save(tmp_path / "float.tflite"), found, np.arange(len(found)))
    assert found.scoring.metric.name == metric
    assert len(found.open().arrays[0]) == rows
    reference = model if found.scoring.metric.target is None else None
    said = evaluate(model, samples, baseline=reference, workers=1)
    assert found.scoring.metric.combine(answers.records) == said.value > 0.9


def test_windows_come_back_as_the_task_sees_them(tmp_path: Path):
    model, samples = anynets.series_model(), anynets.series_data(30)
    for _ in range(2):  # also from what an earlier search left
        found = prepare(model, samples, folder=tmp_path)
        see = found.inputs(model.inputs)
        for index in range(len(found)):
            windows = see(index).windows
            assert isinstance(windows, SeriesWindows)
            with open_task(model) as task:
                expected = task(samples.inputs[index])
            assert windows.rows == expected.rows == len(samples.inputs[index])
            assert np.array_equal(np.array(windows.spans), expected.spans)
    whole = found.open()
    assert len(whole.rows(found.calibration)) == sum(len(see(int(index)).windows or ()) for index in found.calibration)
    assert len(whole.rows(range(30), 50)) == 50


def test_series_are_normalized_as_the_task_does_it(tmp_path: Path):
    """Arrays that lie around 0 are rows of sensors all the same."""
    model, samples = anynets.series_model(), anynets.series_data(30)
    still = Dataset(tuple(rows * 0.1 for rows in samples.inputs), samples.targets, samples.classes, "still", "made")
    found = prepare(model, still, folder=tmp_path)
    assert np.allclose(found.open().row(0)[0], (still.inputs[0][:20] - 1) / 2, atol=1e-6)


def test_each_input_keeps_its_type(tmp_path: Path):
    samples = prepare(anynets.tensors_model(), anynets.tensors_data(), folder=tmp_path).open()
    assert [(array.dtype.name, array.shape) for array in samples.arrays] == [
        ("float32", (80, 1, 12)), ("float32", (80, 1, 6)), ("int32", (80, 1, 1)),
    ]  # fmt: skip
    given = anynets.tensors_data().inputs[7]
    assert all(np.array_equal(one, given[name]) for one, name in zip(samples.row(7), "abn", strict=True))


def test_a_lost_or_cut_map_is_written_anew(tmp_path: Path):
    model, samples = anynets.text_model(), anynets.text_data()
    first = prepare(model, samples, folder=tmp_path)
    masks = np.array(first.open().arrays[1])
    other = first.path.with_suffix(".1.npy")
    for damage in (other.unlink, lambda: other.write_bytes(other.read_bytes()[:200])):
        damage()
        with pytest.raises(DataError, match="gone or damaged"):
            first.open()
        assert np.array_equal(prepare(model, samples, folder=tmp_path).open().arrays[1], masks)


def test_very_long_series_are_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(samples_module, "MAX_BYTES", 1000)
    with pytest.raises(OutputError, match=r"the first 1 samples take over .* Give fewer, or shorter ones"):
        prepare(anynets.series_model(), anynets.series_data(30), folder=tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".npy"]


def one_number() -> ModelFile:
    return dense([(np.ones((1, 12), np.float32), np.zeros(1, np.float32))])


@pytest.mark.parametrize(
    ("model", "options", "says"),
    [
        (one_number, {"task": "tensors"}, "it gives one number, of which a cosine is only the sign"),
        (anynets.tensors_model, {"metric": "agreement"}, "the metric 'agreement' is not for all"),
        (anynets.text_model, {"metric": "mAP"}, "the metric 'mAP' is for detection, faces"),
    ],
)
def test_what_says_nothing_is_refused_before_the_work(
    model: Callable[[], ModelFile], options: dict[str, str], says: str, tmp_path: Path
):
    with pytest.raises(UsageError, match=says):
        prepare(model(), np.zeros((20, 1, 12), np.float32), folder=tmp_path, **options)


def test_a_digest_is_one_of_texts_pairs_and_mappings():
    forms = [
        ("good film", "bad film"), ({"a": np.zeros(2)}, {"a": np.ones(2)}), ({"b": np.zeros(2)}, {"a": np.ones(2)}),
        ((np.zeros(3), 16000), (np.zeros(3), 8000)), ((np.zeros(3), 16000), (np.zeros(3), 16000)),
    ]  # fmt: skip
    digests = [content_digest(Dataset(form, None, (), "x", "y"), texts=True) for form in forms]
    assert len(set(digests)) == len(forms)
    assert digests == [content_digest(Dataset(form, None, (), "x", "y"), texts=True) for form in forms]
