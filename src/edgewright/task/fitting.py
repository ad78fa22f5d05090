"""The threshold of an anomaly detector: what nearly all windows of normal data stay below, written into the file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from edgewright.brief import brief
from edgewright.errors import UsageError
from edgewright.model import Metadata, ModelFile, ModelLike, OutputMetadata, Provenance, read_model

QUANTILE = 0.999

# How far apart windows start is a matter of how closely one looks, not of what is normal.
_OF_INPUT = ("columns", "rate", "window", "normalization")


@dataclasses.dataclass(frozen=True)
class FittedThreshold:
    """A threshold from normal data, and the model that has it in its metadata.

    `quantile` is the share of the `windows` that lie at it or below; `mean` and `highest` are of their scores.
    """

    model: ModelFile
    threshold: float
    quantile: float
    windows: int
    mean: float
    highest: float

    def __str__(self) -> str:
        few = ""
        if round(self.windows * (1 - self.quantile), 6) < 1:  # 10 * (1 - 0.9) is a little less
            few = f"; it is the highest of them: for this quantile take at least {round(1 / (1 - self.quantile)):,}"
        return (
            f"threshold {self.threshold:.6g}: {self.quantile:.6g} of {self.windows:,} windows of normal data lie at it "
            f"or below, mean {self.mean:.4g}, highest {self.highest:.4g}{few}"
        )

    __repr__ = brief


def fit_threshold(model: ModelLike, normal: Any, *, quantile: float = QUANTILE, **options: Any) -> FittedThreshold:
    """Work out above which score a window is no longer normal, from series in which all is normal.

    `normal` is one series, or a list of them: whatever a task of series takes. The threshold is the least score that at
    least the share `quantile` of all windows does not exceed. It is written into the metadata of the model that comes
    back, with what `options` say of the series (columns, rate, window, normalization) and where it is from.

    Raises `UsageError` where the model is no autoencoder, `quantile` is no share or there is no series, and `DataError`
    for a series that cannot be read.

    >>> fitted = ew.fit_threshold("vibration.tflite", "normal.csv")
    >>> fitted.model.save("watched.tflite")
    PosixPath('watched.tflite')
    """
    from edgewright.task.task import open_task

    if not 0 < quantile < 1:
        raise UsageError(f"quantile is {quantile}; it is a share above 0 and below 1")
    model = read_model(model)
    with open_task(model, task="series", **options) as task:
        results = task(normal if isinstance(normal, list) else [normal])
    if any(result.meaning != "anomaly" for result in results):
        raise UsageError(f"{model.name}: it says classes, and thresholds are fitted for anomalies")
    if not results:
        raise UsageError("there is no series of normal data: a threshold is fitted on at least one")
    scores = np.concatenate([result.scores.reshape(-1) for result in results])
    found = float(np.quantile(scores, quantile, method="inverted_cdf"))
    fitted = FittedThreshold(model, found, quantile, len(scores), float(scores.mean()), float(scores.max()))
    return dataclasses.replace(fitted, model=model.with_metadata(_described(fitted, options)))


def _described(fitted: FittedThreshold, options: Mapping[str, Any]) -> Metadata:
    """What the model says of itself, with the threshold, how series are prepared, and where it is from."""
    from edgewright.task.inputs.series import described_input

    model, old = fitted.model, fitted.model.metadata
    of_input = {name: options[name] for name in _OF_INPUT if options.get(name) is not None}
    inputs = (described_input(model, of_input), *old.inputs[1:])
    outputs = old.outputs or (OutputMetadata(),)
    outputs = (dataclasses.replace(outputs[0], score_threshold=_stored(fitted.threshold)), *outputs[1:])
    origin = old.provenance or Provenance()
    figures = {name: value for name, value in vars(fitted).items() if name != "model"}
    origin = dataclasses.replace(origin, steps=(*origin.steps, {"step": "fit threshold", **figures}))
    return dataclasses.replace(old, task="series", inputs=inputs, outputs=outputs, provenance=origin)


def _stored(threshold: float) -> float:
    """The threshold as 32 bits hold it, never below: the window that it came from is normal."""
    rounded = np.float32(threshold)
    return float(rounded if rounded >= threshold else np.nextafter(rounded, np.float32(np.inf)))
