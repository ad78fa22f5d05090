"""Trainings on pictures, each in a fork: what is said of them.

With `kill_at`: [step, done] one kills itself as soon as that is reported. All else are options of `Plan`.
"""

from __future__ import annotations

import hashlib
import os
import signal
from pathlib import Path
from typing import Any

import keras  # noqa: F401 - imported once for all
import numpy as np
import sklearn.linear_model
import sklearn.model_selection  # noqa: F401
import tensorflow as tf  # noqa: F401

from edgewright.data import grouped_split, open_dataset
from edgewright.train.pictures.backbone import find_backbone
from edgewright.train.pictures.job import run
from edgewright.train.pictures.wording import facts, notices
from edgewright.train.trainer import Parts, Plan
from train.forking import serve


def train(folder: str, data: str, backbone: str, kill_at: list[Any] | None = None, **options: Any) -> dict[str, Any]:
    reported: list[tuple[str, int]] = []

    def progress(step: str, done: int, total: int) -> None:
        step = step.partition(":")[0]
        if kill_at == [step, done]:
            os.kill(os.getpid(), signal.SIGKILL)
        reported.append((step, done))

    work = Path(folder)
    work.mkdir(exist_ok=True)
    dataset = open_dataset(data)
    groups = np.arange(len(dataset))
    chosen, validation = grouped_split(dataset, groups, 0.2, seed=0)
    parts = Parts(dataset.take(chosen), dataset.take(validation), groups[chosen])
    outcome = run(parts, Plan(folder=work, **options), find_backbone(backbone), progress)
    digest = hashlib.sha256((work / "network.keras").read_bytes()).hexdigest()
    left = sorted(path.name for path in work.iterdir())
    told = {"facts": facts(outcome), "notices": notices(outcome), "accuracy": outcome.accuracy, "left": left}
    epochs = len(outcome.deeper.epochs) if outcome.deeper else 0
    return {**told, "sha256": digest, "reported": reported, "epochs": epochs}


if __name__ == "__main__":
    serve(train)
