"""Sensors: windows of a series are classified, or compared with what an autoencoder makes of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError
from edgewright.model import ModelFile, OutputMetadata, implied_meaning
from edgewright.spelling import argument
from edgewright.task.numbers.limits import is_number
from edgewright.task.options import Options, only

if TYPE_CHECKING:
    from edgewright.media import Prepared, Windows
    from edgewright.task.kind import Outputs
    from edgewright.task.results.series_events import SeriesEvents

THRESHOLD = 0.5
"""Of classes, where neither the caller nor the file says one: of probabilities at most one class reaches it."""


class SeriesDecoder:
    """The outputs of all windows into `SeriesEvents`. `labels`: one for each class, or "anomaly" alone.

    `threshold` is that of an event, None where an autoencoder has none.
    """

    def __init__(
        self,
        labels: tuple[str, ...],
        notices: tuple[str, ...],
        threshold: float | None,
        *,
        anomaly: bool = False,
        finish: Callable[[Any], Any] | None = None,
    ) -> None:
        """`anomaly`: the model is an autoencoder; `finish` ends each row of scores."""
        self.labels = labels
        self.notices = notices
        self.threshold = threshold
        self._anomaly = anomaly
        self._finish = finish
        self.takes_minus_infinity = finish is not None

    def of_window(self, outputs: Outputs, windows: Windows, number: int) -> Outputs:
        """One number of an autoencoder's window: the mean of the squared differences between it and what was made.

        The window is taken as it was before its numbers were quantized: what lies beyond the input's range is no less
        of an anomaly.
        """
        import numpy as np

        from edgewright.media import SeriesWindows

        if not self._anomaly or not isinstance(windows, SeriesWindows):
            return [outputs[0].reshape(-1)]
        difference = outputs[0].reshape(-1) - windows.normalized(number).reshape(-1)
        return [np.array([np.mean(np.square(difference, dtype=np.float64))], np.float32)]

    def __call__(self, outputs: Outputs, prepared: Prepared) -> SeriesEvents:
        """Join the windows of one series."""
        import numpy as np

        from edgewright.errors import DataError
        from edgewright.media import SeriesWindows
        from edgewright.task.results.series_events import SeriesEvents

        windows = prepared.windows
        if not isinstance(windows, SeriesWindows):
            raise DataError("events belong to a series, and this input is none")
        scores = outputs[0].astype(np.float32, copy=False).reshape(len(windows), -1)
        if self._finish is not None:
            scores = np.stack([self._finish(row) for row in scores])
        spans = np.array(windows.spans, np.float64).reshape(-1, 2)
        return SeriesEvents(
            scores,
            spans,
            self.labels,
            self.threshold,
            meaning="anomaly" if self._anomaly else "classes",
            rows=windows.rows,
            left_out=windows.left_out,
        )


class _Kind:
    """Rows of numbers in; scores of classes, or the same numbers as an autoencoder makes them, out."""

    name = "series"
    input = "series"

    def recognize(self, model: ModelFile) -> str | None:
        """Its metadata name columns: by its shapes alone it could be anything."""
        said = model.metadata.inputs
        return "its metadata name the columns of a series" if said and said[0].columns else None

    def decoder(self, model: ModelFile, options: Options) -> SeriesDecoder:
        """Make a decoder: of an autoencoder, whose output is as long as its input and has no labels, else of classes.

        Options: labels, locale and meaning, as for classification; threshold: a class with at least this score, or a
        window that differs more than this (mean squared difference of normalized values), is an event.
        """
        given = only(options, "labels", "locale", "meaning", "threshold", task=self.name)
        if len(model.inputs) != 1 or len(model.outputs) != 1:
            raise UsageError(f"{model.name}: a model of series has one input and one output; {_shapes(model)}")
        output = model.metadata.outputs[0] if model.metadata.outputs else OutputMetadata()
        threshold = _threshold(given.pop("threshold", None), output.score_threshold)
        if _is_autoencoder(model, output) and "labels" not in given:
            return _of_anomalies(model, threshold)
        return _of_classes(model, output, given, THRESHOLD if threshold is None else threshold)


KIND = _Kind()


def _is_autoencoder(model: ModelFile, output: OutputMetadata) -> bool:
    return not output.labels and model.inputs[0].elements == model.outputs[0].elements


def _of_anomalies(model: ModelFile, threshold: float | None) -> SeriesDecoder:
    from edgewright.task.results.series_events import ANOMALY

    notice = (
        f"{model.name}: it has no threshold, so nothing is called an anomaly. Fit one on normal data: edgewright run "
        "MODEL NORMAL --fit-threshold OUT.tflite"
    )
    return SeriesDecoder((ANOMALY,), (notice,) if threshold is None else (), threshold, anomaly=True)


def _of_classes(model: ModelFile, output: OutputMetadata, given: dict[str, Any], threshold: float) -> SeriesDecoder:
    from edgewright.task.labels import known_labels, match_labels
    from edgewright.task.numbers.scores import softmax, threshold_of

    spec = model.outputs[0]
    if spec.elements < 2 or max(spec.shape) != spec.elements:
        raise UsageError(
            f"{model.name}: of a series it gives one row of scores, or as many numbers as it takes; {_shapes(model)}"
        )
    known = known_labels(given, output, spec.elements)
    labels, notice = match_labels(known, spec.elements)
    meaning = given.get("meaning") or output.meaning or implied_meaning(model)
    if meaning in ("probabilities", "logits"):
        threshold = threshold_of(threshold, None, THRESHOLD)
    return SeriesDecoder(
        labels, (notice,) if notice else (), threshold, finish=softmax if meaning == "logits" else None
    )


def _threshold(given: Any, of_file: float | None) -> float | None:
    chosen = given if given is not None else of_file
    if chosen is not None and not (is_number(chosen) and math.isfinite(chosen) and chosen >= 0):
        raise UsageError(f"{argument('threshold')} is {chosen!r}; it is a number from 0 on")
    return None if chosen is None else float(chosen)


def _shapes(model: ModelFile) -> str:
    inputs, outputs = ([list(spec.shape) for spec in specs] for specs in (model.inputs, model.outputs))
    return f"this one has inputs of shapes {inputs} and outputs of {outputs}"
