"""A training that is killed and started again gives the same network, bit for bit, and repeats nothing finished."""

from __future__ import annotations

import signal
from pathlib import Path

from train.pictures.conftest import fill, told


def test_killed_again_and_again_it_ends_as_one_that_was_not(tiny_backbone: Path, tmp_path: Path) -> None:
    """While it looks, while it fits, in the midst of an epoch, and when it has come to its end."""
    pictures = fill(tmp_path / "kinds", 30)
    plan = {"data": str(pictures), "backbone": str(tiny_backbone), "resize": "stretch", "epochs": 3, "seed": 7}
    whole, again = ({"folder": str(tmp_path / name), **plan} for name in ("undisturbed", "disturbed"))
    points = [["looking at some pictures", 64], ["fitting the head", 0], ["looking again (2)", 64]]
    killed = [{**again, "kill_at": point} for point in (*points, ["training deeper", 4])]
    undisturbed, *ends, resumed, finished = told([whole, *killed, again, again])

    assert ends == [{"ended": -signal.SIGKILL}] * 4
    assert resumed["sha256"] == undisturbed["sha256"]
    assert resumed["accuracy"] == undisturbed["accuracy"]
    assert not any(step.startswith("looking") for step, _ in resumed["reported"])
    assert next(done for step, done in resumed["reported"] if step == "training deeper") == 3, "epoch 1 is finished"
    assert undisturbed["left"] == ["epoch.npz", "network.keras", "outcome.json"], "what was seen is needed no more"
    assert finished["reported"] == []
    assert finished["sha256"] == undisturbed["sha256"]
