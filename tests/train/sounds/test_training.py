"""Training on class folders of sounds: from recordings to a file that is run, watched with and made smaller."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crews import Alone
from edgewright.data import grouped_split, open_dataset
from edgewright.errors import DataError, MissingExtraError, UsageError
from edgewright.machine import silent
from edgewright.task import SoundEvents, open_task
from edgewright.train import Training, train
from edgewright.train.sounds.trainer import TRAINER
from edgewright.train.trainer import Parts, Plan, trainer_for

from . import made

pytestmark = pytest.mark.xdist_group("train-sounds")

PROGRAM = Path(__file__).with_name("train_program.py")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of half a second; the test part is of others, in twice the noise."""
    root = tmp_path_factory.mktemp("sounds")
    made.folders(root / "train", 13, seconds=0.5)
    made.folders(root / "test", 10, first=100, seconds=0.5, noise=0.02)
    return root


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return train(data, epochs=9, work=tmp_path_factory.mktemp("work"))


def test_recordings_that_it_was_not_shown_are_told_apart(trained: Training) -> None:
    assert trained.trainer == "sounds"
    assert trained.evaluation.metric.name == "sound-top1"
    assert trained.evaluation.total == 40
    assert trained.evaluation.value >= 0.9
    assert len(trained.epochs) == 9


def test_the_file_says_all_that_running_it_needs(trained: Training, data: Path) -> None:
    model = trained.model
    (said,), (output,) = model.metadata.inputs, model.metadata.outputs
    assert (said.kind, said.sample_rate, said.channels) == ("audio", 16_000, 1)
    assert output.labels == tuple(made.SOUNDS)
    assert (output.meaning, output.score_threshold) == ("probabilities", 0.625)
    assert model.inputs[0].shape == (1, 8_000)
    steps = model.metadata.provenance.steps if model.metadata.provenance else ()
    assert steps[-1]["trainer"] == "sounds"
    assert steps[-1]["window_samples"] == 8_000
    assert model.size < 180_000


def test_it_hears_what_happens_when(trained: Training) -> None:
    room = np.random.RandomState(7).normal(0, 0.003, 2 * made.RATE).astype(np.float32)
    sound = np.concatenate([room, made.recording("chirp", 501, 2.0), room])
    with open_task(trained.model, threshold=0.75) as hear:
        heard: SoundEvents = hear((sound, made.RATE))
    assert [event.label for event in heard] == ["chirp"]  # and nothing in the empty room
    assert abs(heard[0].start_s - 2) <= 0.5
    assert abs(heard[0].end_s - 4) <= 0.5


def test_another_rate_and_two_channels_are_heard_alike(trained: Training) -> None:
    soxr = pytest.importorskip("soxr")
    recordings = [(made.recording(label, 600 + place), place) for place, label in enumerate(made.SOUNDS)]
    with open_task(trained.model, threshold=0.0) as hear:
        for samples, place in recordings:
            wide = soxr.resample(samples, made.RATE, 44_100)
            assert hear((np.stack([wide, wide], axis=1), 44_100)).top(1)[0].index == place


def test_the_same_seed_and_data_give_the_same_file_and_train_nothing_again(
    trained: Training, data: Path, tmp_path: Path
) -> None:
    steps: list[str] = []
    work = trained.network.parents[1]
    again = train(data, epochs=9, work=work, progress=lambda step, done, total: steps.append(step))
    assert again.model.data == trained.model.data
    assert not any(step.startswith("training") for step in steps)


@pytest.mark.extras
def test_eight_bits_keep_what_was_learned_for_the_features_stay_in_float(trained: Training, data: Path) -> None:
    small = train(data, epochs=9, quantize="int8", work=trained.network.parents[1])
    assert small.optimization is not None
    assert small.optimization.chosen is not None
    assert len(small.optimization.chosen.kept_float) >= 20
    assert small.model.size < 0.65 * trained.model.size
    assert small.evaluation.comparison is not None
    assert small.evaluation.comparison.change.value >= -0.05
    assert small.model.metadata.outputs[0].score_threshold == 0.625


def _run(data: Path, folder: Path, step: str = "", place: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROGRAM), str(data), str(folder), step, str(place)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.folders(tmp_path_factory.mktemp("few"), 3, seconds=0.3)


@pytest.fixture(scope="module")
def undisturbed(few: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = _run(few, tmp_path_factory.mktemp("whole") / "work")
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize(("step", "place"), [("features of train", 5), ("training", 30)])
def test_a_killed_training_goes_on_to_the_same_network(
    few: Path, undisturbed: dict[str, Any], tmp_path: Path, step: str, place: int
) -> None:
    assert _run(few, tmp_path / "work", step, place).returncode == -9
    done = _run(few, tmp_path / "work")
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == undisturbed


def parts_of(data: Path) -> Parts:
    dataset = open_dataset(data)
    places, others = grouped_split(dataset, np.arange(len(dataset)), 0.2, 0)
    return Parts(dataset.take(places), dataset.take(others), places)


def test_where_labels_say_nothing_nothing_is_learned(trained: Training, data: Path, tmp_path: Path) -> None:
    parts = parts_of(data / "train")
    labels = np.random.RandomState(3).permutation(parts.train.labels)
    shuffled = dataclasses.replace(parts, train=dataclasses.replace(parts.train, targets=labels))
    told = TRAINER.train(shuffled, Plan(folder=tmp_path, epochs=9), silent)
    assert max(epoch.score or 0.0 for epoch in told.epochs) <= 0.6
    assert (trained.epochs[-1].score or 0.0) >= 0.9


# ----- what is refused before the work


def folder_of(tmp_path: Path, **recordings: int) -> Path:
    for label, number in recordings.items():
        for place in range(number):
            made.write(tmp_path / "data" / label / f"{place}.wav", made.recording("tone", 10 * len(label) + place, 0.2))
    return tmp_path / "data"


def refused(data: Any, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        train(data, **options)
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_workers_for_sounds_are_refused_before_anything_is_heard(tmp_path: Path) -> None:
    heard: list[str] = []
    with pytest.raises(UsageError, match="workers look at pictures only"):
        train(
            folder_of(tmp_path, tone=2, hiss=2), crew=Alone(tmp_path), work=tmp_path / "work",
            progress=lambda step, *_: heard.append(step),
        )  # fmt: skip
    assert not any("Listening" in step for step in heard)


def test_another_backend_in_the_environment_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    parts = parts_of(folder_of(tmp_path, tone=4, hiss=4))
    assert len(TRAINER.train(parts, Plan(folder=tmp_path, epochs=1, window=3200, augment=False), silent).epochs) == 1


def test_one_class_is_nothing_to_tell_apart(tmp_path: Path) -> None:
    assert "class" in refused(folder_of(tmp_path, tone=4))


def test_each_class_needs_two_recordings(tmp_path: Path) -> None:
    assert "class 'hiss' has 1 recording" in refused(folder_of(tmp_path, tone=4, hiss=1))


def test_copies_of_one_recording_are_one(tmp_path: Path) -> None:
    data = folder_of(tmp_path, tone=4, hiss=1)
    shutil.copy(data / "hiss" / "0.wav", data / "hiss" / "1.wav")
    assert "hiss" in refused(data)


def test_a_broken_recording_is_named_and_left_out(tmp_path: Path) -> None:
    data = folder_of(tmp_path, tone=4, hiss=2)
    broken = data / "hiss" / "1.wav"
    broken.write_bytes(broken.read_bytes()[:1000])
    said = refused(data)
    assert "class 'hiss' has 1 recording; 1 of all cannot be read" in said


def test_samples_with_their_rate_are_sounds_too(tmp_path: Path) -> None:
    pairs = [((made.recording(label, seed, 0.2), made.RATE), label) for label in ("tone", "hiss") for seed in (1, 2)]
    dataset = open_dataset(pairs)
    trainer = trainer_for(dataset)
    assert trainer.name == "sounds"
    assert len(trainer.material(dataset, Plan(folder=tmp_path), silent).dataset) == 4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"epochs": 0}, "epochs"),
        ({"backbone": "yamnet"}, "backbone"),
        ({"resize": "crop"}, "resize"),
        ({"window": 100}, "window"),
    ],
)
def test_options_that_mean_nothing_for_sounds_are_refused(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        train(folder_of(tmp_path, tone=2, hiss=2), work=tmp_path, **options)


@pytest.mark.parametrize(("module", "extra"), [("tensorflow", "train"), ("soxr", "sound")])
def test_a_missing_extra_is_named_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, extra: str
) -> None:
    data = folder_of(tmp_path, tone=2, hiss=2)
    made.write(data / "tone" / "0.wav", made.recording("tone", 1, 0.2), rate=22_050)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError) as caught:
        train(data, work=tmp_path / "work")
    assert caught.value.extra == extra
