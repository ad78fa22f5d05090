"""The training loop: a network that is stopped anywhere and started again ends as one that was not, to the last bit."""

from __future__ import annotations

import io
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.errors import UsageError
from edgewright.train.epochs import Schedule

from .forking import Answer, Forks

Run = Callable[..., Answer]

PROGRAM = Path(__file__).with_name("epochs_program.py")
STATE = "epoch.npz"


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with Forks(PROGRAM) as forks:
        yield lambda folder, **options: forks(folder=str(folder), **options)


@pytest.fixture(scope="module")
def told(run: Run) -> Run:
    def told(folder: Path, **options: Any) -> Answer:
        answer = run(folder, **options)
        assert "weights" in answer, answer
        return answer

    return told


def plain(answer: Answer) -> Answer:
    """Without what the clock says, and the steps of this run alone."""
    epochs = [{name: value for name, value in epoch.items() if name != "seconds"} for epoch in answer["epochs"]]
    return {"weights": answer["weights"], "epochs": epochs}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("whole")


@pytest.fixture(scope="module")
def undisturbed(told: Run, whole: Path) -> Answer:
    return told(whole)


@pytest.fixture(scope="module")
def kept(told: Run, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The state after two epochs."""
    folder = tmp_path_factory.mktemp("kept")
    told(folder, epochs=2)
    return (folder / STATE).read_bytes()


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    told: Run, undisturbed: Answer, tmp_path: Path
) -> None:
    assert plain(told(tmp_path / "again")) == plain(undisturbed)
    assert told(tmp_path / "other", seed=2)["weights"] != undisturbed["weights"]


def test_the_loss_falls_and_answers_become_right(undisturbed: Answer) -> None:
    first, *_, last = undisturbed["epochs"]
    assert last["loss"] < first["loss"] / 2
    assert last["validation_loss"] < first["validation_loss"]
    assert last["score"] > 0.6 > first["score"]


@pytest.mark.parametrize("step", [0, 4, 9, 17])
def test_a_killed_training_goes_on_and_repeats_no_finished_epoch(
    run: Run, told: Run, step: int, undisturbed: Answer, tmp_path: Path
) -> None:
    """Three steps an epoch: at the first, in the second epoch, at the start of the fourth, at the last."""
    assert run(tmp_path, kill_at=step) == {"ended": -signal.SIGKILL}
    answer = told(tmp_path)
    assert plain(answer) == plain(undisturbed)
    assert answer["steps"] == list(range(step // 3 * 3, 18))


def test_a_finished_training_does_nothing_again(told: Run, undisturbed: Answer, whole: Path) -> None:
    again = told(whole)
    assert again["steps"] == []
    assert plain(again) == plain(undisturbed)


def test_a_damaged_state_is_begun_anew(told: Run, undisturbed: Answer, kept: bytes, tmp_path: Path) -> None:
    (tmp_path / STATE).write_bytes(kept[:-100])
    assert plain(told(tmp_path)) == plain(undisturbed)


@pytest.mark.parametrize("change", ["gone", "of another shape"])
def test_a_state_of_another_network_is_begun_anew(
    told: Run, change: str, undisturbed: Answer, kept: bytes, tmp_path: Path
) -> None:
    with np.load(io.BytesIO(kept)) as stored:
        arrays = {name: stored[name] for name in stored.files}
    last = max(name for name in arrays if name.startswith("optimizer"))
    value = arrays.pop(last)
    others = {last: np.zeros((*value.shape, 2), value.dtype)} if change == "of another shape" else {}
    np.savez(tmp_path / STATE, **arrays, **others)
    assert plain(told(tmp_path)) == plain(undisturbed)


def test_it_ends_early_with_the_weights_of_the_best_epoch(told: Run, tmp_path: Path) -> None:
    """Labels of the validation part that mean nothing: it gets worse sooner or later."""
    answer = told(tmp_path, epochs=40, patience=3, wrong_labels=True)
    losses = [epoch["validation_loss"] for epoch in answer["epochs"]]
    best = losses.index(min(losses)) + 1
    assert len(losses) == best + 3 < 40
    assert answer["validation_loss_at_the_end"] == pytest.approx(min(losses), rel=1e-5)


def test_weights_of_samples_count(told: Run, tmp_path: Path) -> None:
    """A class of no weight is never said."""
    assert 0 not in told(tmp_path, without_weight=0)["said"]


def test_a_loss_that_is_no_number_is_one_clear_line(run: Run, tmp_path: Path) -> None:
    assert run(tmp_path, learning_rate=1e30)["error"].startswith("DataError: training diverged")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("field", "value"), [("epochs", -1), ("batch", 0), ("patience", 0), ("learning_rate", 0.0)])
def test_a_schedule_that_cannot_be_is_refused(field: str, value: Any) -> None:
    fields: dict[str, Any] = {"epochs": 1, "learning_rate": 0.1, field: value}
    with pytest.raises(UsageError, match=field):
        Schedule(**fields)
