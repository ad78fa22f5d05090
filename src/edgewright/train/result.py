"""What a training gave: the file, how good it is, how it got there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.brief import line_of
from edgewright.data import Dataset
from edgewright.evaluate import Evaluation, Scored
from edgewright.files import write_atomic
from edgewright.machine import Machine
from edgewright.model import ModelFile
from edgewright.optimize import Optimization
from edgewright.train.epochs import Epoch
from edgewright.train.trainer import CurvePoint, Material, Parts


@dataclass(frozen=True, kw_only=True, eq=False)
class Training:
    """Result of `train`: `model` describes itself, and has been compared with the network that was trained.

    `float_model`: the same in 32-bit floats; it is `model` unless an 8-bit file was asked for and found. `network`:
    what was trained, a `.keras` file in the work folder (`save_network` copies it). `trainer`: what it was trained on
    ("pictures"). `epochs`: the learning curve, of which number `kept` was taken, 0 for none. `curve`: what learning on
    parts of the samples brings. `facts`: what the
    trainer says of the way. `evaluation`: `model` on the test data, or where there are none on the part that said when
    to stop (see `tested`), an 8-bit file beside the float one. `circular`: whether something of the file was fitted to
    these same samples, so that the figure proves nothing; `bounded`: whether its interval means anything.
    `optimization`: how `model` was made smaller, None where that was not asked for.

    >>> made = ew.train("fashion.npz", backbone="tiny.keras", epochs=0)
    >>> print(made)
    Training(pictures, 10 classes, ...% on the part that said when to stop)
    >>> made.tested, made.confusion.shape
    (False, (10, 10))
    """

    model: ModelFile
    float_model: ModelFile = field(repr=False)
    network: Path
    trainer: str
    material: Material
    parts: Parts
    test: Dataset | None
    epochs: tuple[Epoch, ...]
    kept: int
    curve: tuple[CurvePoint, ...]
    facts: Mapping[str, Any]
    evaluation: Evaluation
    optimization: Optimization | None
    machine: Machine
    seconds: float
    circular: bool = False
    bounded: bool = True
    notices: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the outputs; empty where there are none."""
        return self.parts.train.classes

    @property
    def tested(self) -> bool:
        """Whether the figures are those of test data; those of the part that said when to stop flatter a little."""
        return self.test is not None

    @property
    def accuracy(self) -> float | None:
        """The share of samples told right, 0 to 1; None where the metric of the task is another one."""
        return self.evaluation.value if self.evaluation.metric.share and self.confusion is not None else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval of the metric: of the accuracy, where that is it; see `bounded`."""
        return self.evaluation.interval

    @property
    def confusion(self) -> npt.NDArray[np.int64] | None:
        """How often what was taken for what, (classes, classes): true class by row; None where there are no classes."""
        counts = self.evaluation.confusion
        if counts is None:
            return None
        matrix = np.zeros((len(self.labels), len(self.labels)), np.int64)
        for (true, said), count in counts.items():
            matrix[true, said] = count
        return matrix

    @property
    def mistakes(self) -> tuple[Scored, ...]:
        """The samples that went worst, the worst first: at most 24."""
        return self.evaluation.worst

    @property
    def quantized(self) -> bool:
        """Whether `model` is of 8-bit integers."""
        return self.optimization is not None and self.optimization.model is not None

    def save_network(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Copy the network to a `.keras` file, whole or not at all, and return its path. Raises `OutputError`."""
        write_atomic(Path(path), self.network.read_bytes(), overwrite=overwrite)
        return Path(path)

    def __repr__(self) -> str:
        """What matters in one line."""
        found, metric = self.evaluation, self.evaluation.metric
        value = f"{found.value:.1%}" if metric.unit == "%" else f"{metric.title} {found.value:.3g}"
        on = "on test data" if self.tested else "on the part that said when to stop"
        classes = f"{len(self.labels)} classes" if self.labels else ""
        return line_of(self, self.trainer, classes, f"{value} {on}", "8 bits" if self.quantized else "")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "trainer": self.trainer,
            "model": _file(self.model),
            "float_model": _file(self.float_model),
            "quantized": self.quantized,
            "labels": list(self.labels),
            "samples": {"train": len(self.parts.train), "validation": len(self.parts.validation)}
            | ({"test": len(self.test)} if self.test is not None else {}),
            "unread": [{"input": name, "error": error} for name, error in self.material.unread],
            "kept": self.kept,
            "epochs": [vars(epoch) for epoch in self.epochs],
            "curve": [vars(point) for point in self.curve],
            "facts": dict(self.facts),
            "evaluated_on": "test" if self.tested else "validation",
            "circular": self.circular,
            "bounded": self.bounded,
            "evaluation": self.evaluation.to_dict(),
            "optimization": self.optimization.to_dict() if self.optimization else None,
            "notices": list(self.notices),
            "machine": self.machine.to_dict(),
            "seconds": self.seconds,
        }


def _file(model: ModelFile) -> dict[str, Any]:
    return {"sha256": model.sha256, "size": model.size}
