"""Trains on class folders of sounds in a process of its own, and dies at a step if it is asked to."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from pathlib import Path

from edgewright.data import grouped_split, open_dataset
from edgewright.machine import silent
from edgewright.train.sounds.trainer import TRAINER
from edgewright.train.trainer import Parts, Plan


def main(data: Path, folder: Path, deadly_step: str, deadly_place: int) -> None:
    def progress(step: str, done: int, total: int) -> None:
        if step.startswith(deadly_step) and done == deadly_place:
            os.kill(os.getpid(), signal.SIGKILL)

    plan = Plan(folder=folder, epochs=3, window=3200)
    material = TRAINER.material(open_dataset(data), plan, silent)
    train, validation = grouped_split(material.dataset, material.groups, 0.25, 0)
    parts = Parts(material.dataset.take(train), material.dataset.take(validation), material.groups[train])
    folder.mkdir(exist_ok=True)
    trained = TRAINER.train(parts, plan, progress if deadly_step else silent)
    digest = hashlib.sha256(trained.network.read_bytes()).hexdigest()
    epochs = [[epoch.number, epoch.loss, epoch.validation_loss] for epoch in trained.epochs]
    print(json.dumps({"network": digest, "epochs": epochs}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
