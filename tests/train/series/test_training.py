"""Recordings become files: one that tells movements apart, one that knows what is normal; both also in 8 bits."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgewright as ew
from edgewright.data import open_dataset
from edgewright.errors import DataError
from edgewright.machine import silent
from edgewright.train import Plan, report_page, train, training_verdict
from edgewright.train.series.anomalies import AnomalyTrainer
from edgewright.train.series.classifier import SeriesTrainer
from edgewright.train.training import _leaked

from ..forking import Forks
from .motion import CLASSES, readings, write, write_all
from .vibration import FAULTS, vibration

pytestmark = pytest.mark.xdist_group("series")

WINDOW_S = 64 / 50

PROGRAM = Path(__file__).with_name("learning_program.py")


@pytest.fixture(scope="module")
def movements(shared: Any) -> Path:
    """A folder with recordings to train on, others to test with, and what became of them."""

    def build(folder: Path) -> None:
        write_all(folder / "train", 6, 12)
        write_all(folder / "test", 4, 12, seed=1000)
        made = train(folder / "train", test=folder / "test", quantize="int8", work=folder / "work")
        made.model.save(folder / "movements.tflite")
        made.float_model.save(folder / "float.tflite")
        (folder / "told.json").write_text(json.dumps(made.to_dict()))

    return shared.folder("movements", build)


@pytest.fixture(scope="module")
def pump(shared: Any) -> Path:
    """A folder with a normal recording, one with faults, and what became of the first."""

    def build(folder: Path) -> None:
        write(folder / "normal.csv", vibration(120, seed=1))
        write(folder / "today.csv", vibration(60, seed=2, faults=FAULTS))
        write(folder / "quiet.csv", vibration(60, seed=3))
        made = train(folder / "normal.csv", test=folder / "quiet.csv", quantize="int8", work=folder / "work")
        made.model.save(folder / "watch.tflite")
        made.float_model.save(folder / "float.tflite")
        (folder / "told.json").write_text(json.dumps(made.to_dict()))

    return shared.folder("pump", build)


def told(folder: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((folder / "told.json").read_text())
    return answer


# ----- classes


def test_movements_of_other_recordings_are_told_apart(movements: Path) -> None:
    """With the labels of what is trained on mixed up this is 0.33."""
    found = told(movements)["evaluation"]
    assert found["metric"] == "window-top1"
    assert found["value"] >= 0.95


def test_eight_bits_say_what_the_float_file_says(movements: Path) -> None:
    assert told(movements)["optimization"]["chosen"] is not None
    file = ew.ModelFile.read(movements / "movements.tflite")
    assert {tensor.dtype for tensor in file.main.tensors} >= {"int8"}
    found = ew.evaluate(file, movements / "test", baseline=movements / "float.tflite", metric="window-agreement")
    assert found.value >= 0.97


def test_the_file_says_what_it_takes_and_what_it_tells(movements: Path) -> None:
    said = ew.ModelFile.read(movements / "movements.tflite").metadata
    assert said.task == "series"
    assert said.inputs[0].columns == ("ax", "ay", "az")
    assert said.inputs[0].rate == 50
    assert len(said.inputs[0].mean) == 3
    assert said.outputs[0].labels == CLASSES


def test_a_movement_that_follows_another_is_found_where_it_begins(movements: Path, tmp_path: Path) -> None:
    """Also with columns in another order, beside one that the model does not take."""
    time, *walking = readings("walking", 12, 7).T
    running = readings("running", 12, 8).T[1:]
    both = np.concatenate([walking, running], axis=1)
    rows = np.column_stack([np.arange(both.shape[1]) / 50, both[2], np.zeros(both.shape[1]), both[0], both[1]])
    with ew.load(movements / "movements.tflite") as task:
        events = task(write(tmp_path / "both.csv", rows, "time_s,az,battery,ax,ay"))
    longest = {event.label: event for event in sorted(events, key=lambda event: event.end_s - event.start_s)}
    assert abs(longest["walking"].end_s - 12) < 1.5
    assert abs(longest["running"].start_s - 12) < 1.5
    assert longest["running"].end_s == pytest.approx(time[-1] + 12.02, abs=0.05)


@pytest.mark.parametrize("hop", [0.32, "50%"])
def test_columns_may_have_no_names(hop: float | str, tmp_path: Path) -> None:
    for kind in CLASSES[:2]:
        (tmp_path / "data" / kind).mkdir(parents=True)
        for number in range(4):
            np.save(tmp_path / "data" / kind / f"{number}.npy", readings(kind, 8, number)[:, 1:])
    made = train(tmp_path / "data", rate=50, window=32, hop=hop, epochs=2, work=tmp_path / "work")
    assert made.model.inputs[0].shape == (1, 32, 3)
    assert (made.model.metadata.inputs[0].columns, made.model.metadata.inputs[0].hop) == ((), 0.32)
    with ew.load(made.model) as task:
        assert len(task(tmp_path / "data" / "running" / "0.npy").spans) == (400 - 32) // 16 + 1


def test_labels_that_mean_nothing_teach_nothing(tmp_path: Path) -> None:
    """The check of the first test: labels that were dealt at random are not learned."""
    write_all(tmp_path, 6, 6)
    paths = sorted(tmp_path.rglob("*.csv"))
    dealt = np.random.RandomState(1).permutation([kind for kind in CLASSES for _ in range(6)])
    made = train(list(zip(paths, dealt.tolist(), strict=True)), epochs=4, work=tmp_path / "work")
    assert made.evaluation.value < 0.8


# ----- what is normal


def test_faults_are_found_and_normal_data_are_silent(pump: Path) -> None:
    with ew.load(pump / "watch.tflite") as watch:
        found, quiet = watch(pump / "today.csv"), watch(pump / "quiet.csv")
    assert len(found) == len(FAULTS)
    for event, (start, end) in zip(found, FAULTS, strict=True):
        assert start - 2 * WINDOW_S <= event.start_s <= start
        assert end <= event.end_s <= end + 2 * WINDOW_S
        assert event.score > 10 * found.threshold
    assert len(quiet) <= 1


def test_normal_data_of_another_day_measure_the_file(pump: Path) -> None:
    found = told(pump)["evaluation"]
    assert found["metric"] == "quiet-windows"
    assert found["value"] >= 0.98


def test_the_8_bit_file_is_chosen_by_what_was_measured_for_parts_prove_nothing(pump: Path) -> None:
    assert told(pump)["optimization"]["decided_by"] == "point estimate"
    assert any("Parts of the same recordings" in notice for notice in told(pump)["notices"])
    measured = ew.ModelFile.read(pump / "watch.tflite").metadata.provenance.measured
    assert "drop" in measured["optimize"]
    assert not {"drop_upper95", "interval95"} & set(measured["optimize"])


def test_a_figure_on_what_set_the_threshold_says_that_it_proves_nothing(tmp_path: Path) -> None:
    made = train(write(tmp_path / "normal.csv", vibration(40, seed=1)), epochs=1, work=tmp_path / "work")
    assert made.circular
    assert "this figure proves nothing" in training_verdict(made)
    assert "95%" not in training_verdict(made) + report_page(made).to_html().split("How it was learned")[0]
    figure = made.model.metadata.provenance.measured["train"]
    assert figure["part"] == "validation, to which the threshold was set"
    assert "interval95" not in figure
    assert sum("The interval says little" in notice for notice in made.notices) == 1


def test_recordings_that_were_trained_on_are_found_among_the_test_data(movements: Path, pump: Path) -> None:
    for trainer, folder in ((SeriesTrainer(), movements / "train"), (AnomalyTrainer(), pump / "normal.csv")):
        dataset = open_dataset(folder)
        material = trainer.material(dataset, Plan(folder=Path()), silent)
        (said,) = _leaked(trainer, dataset, material, dataset, silent)
        assert said.startswith(f"{len(dataset)} of the {len(dataset)} test samples are among what was trained on")


def test_the_threshold_is_that_of_the_file_that_is_handed_out(pump: Path) -> None:
    """Numbers in 8 bits make other scores: fitted on the float file it would be another one."""
    small, real = (ew.ModelFile.read(pump / name) for name in ("watch.tflite", "float.tflite"))
    assert {tensor.dtype for tensor in small.main.tensors} >= {"int8"}
    thresholds = [file.metadata.outputs[0].score_threshold for file in (small, real)]
    assert None not in thresholds
    assert thresholds[0] != thresholds[1]
    steps = [step["step"] for step in small.metadata.provenance.steps]
    assert steps == ["convert", "train", "optimize", "fit threshold"]


def test_data_with_faults_in_them_are_scored_by_events(pump: Path) -> None:
    """Events are longer than what happened by a window on each side at most."""
    lines = [f"today.csv,{start},{end},anomaly" for start, end in FAULTS]
    table = pump / "faults.csv"
    table.write_text("\n".join(["path,start,end,label", *lines]) + "\n")
    found = ew.evaluate(pump / "watch.tflite", table)
    assert found.metric.name == "segment-F1"
    assert found.value >= 0.5


# ----- stopped and started again


@pytest.mark.parametrize("kind", ["classes", "anomalies"])
def test_a_killed_training_ends_as_one_that_was_not(kind: str, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("whole", "killed")}
    with Forks(PROGRAM, KERAS_BACKEND="tensorflow") as learned:
        assert learned(folder=str(folders["whole"]), kind=kind) == {}
        assert learned(folder=str(folders["killed"]), kind=kind, kill_at=5) == {"ended": -signal.SIGKILL}
        assert (folders["killed"] / "epoch.npz").exists()
        assert learned(folder=str(folders["killed"]), kind=kind) == {}
    whole, killed = ((folder / "network.keras").read_bytes() for folder in folders.values())
    assert whole == killed


def test_too_few_windows_are_refused_before_the_work(tmp_path: Path) -> None:
    for kind in CLASSES[:2]:
        for number in range(2):
            write(tmp_path / "data" / kind / f"{number}.csv", readings(kind, 1.4, number))
    with pytest.raises(DataError, match=r"4 windows of 64 rows are too few to train on.*window=16"):
        train(tmp_path / "data", work=tmp_path / "work")
