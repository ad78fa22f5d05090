"""Classifying pictures: one row of outputs is one score a class."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from edgewright.errors import UsageError
from edgewright.model import Meaning, ModelFile, OutputMetadata, implied_meaning, maker_of
from edgewright.task.labels import known_labels, match_labels
from edgewright.task.numbers.scores import SHARES, Calibrator, Scores, softmax
from edgewright.task.options import Options, only, says_classes
from edgewright.task.results.classification import Classification
from edgewright.task.shapes import is_row, makes_row_of_picture

if TYPE_CHECKING:
    from edgewright.media import Prepared
    from edgewright.task.kind import Outputs

# Operators whose results are scores of classes.
_SCORES = frozenset({"SOFTMAX", "LOGISTIC", "STABLEHLO_LOGISTIC", "LOG_SOFTMAX"})


class ClassificationDecoder:
    """One row of outputs into a `Classification`. `labels`: one for each entry of the row."""

    def __init__(
        self,
        labels: tuple[str, ...],
        notices: tuple[str, ...],
        meaning: Meaning | None,
        threshold: float | None,
        steps: Sequence[Callable[[Scores], Scores]],
    ) -> None:
        self.labels = labels
        self.notices = notices
        self._meaning = meaning
        self._threshold = threshold
        self._steps = steps
        self.takes_minus_infinity = softmax in steps
        self.score_range = SHARES if meaning == "probabilities" else None

    def __call__(self, outputs: Outputs, prepared: Prepared) -> Classification:
        """Rank the classes of one input."""
        scores = outputs[0].astype(np.float32, copy=False).reshape(-1)
        for step in self._steps:
            scores = step(scores)
        return Classification(scores, self.labels, self._meaning, self._threshold)


class _Kind:
    """A picture in and one row of numbers out; anything else could be many things."""

    name = "classification"
    input = "picture"

    def recognize(self, model: ModelFile) -> str | None:
        """A picture in, and out one row with labels, or of a softmax or sigmoid."""
        if not makes_row_of_picture(model):
            return None
        if model.metadata.outputs and model.metadata.outputs[0].labels:
            return "its output is one row of numbers with labels"
        maker = maker_of(model)
        return f"its output is one row of {maker.name}" if maker and maker.name in _SCORES else None

    def told(self, model: ModelFile, options: Options) -> str | None:
        """Any row of numbers is one of scores where the caller has names for them, or says what they are."""
        one_each = len(model.inputs) == len(model.outputs) == 1 and is_row(model.outputs[0])
        if not one_each or not says_classes(options):
            return None
        from edgewright.task.inputs.text import takes_text

        return None if takes_text(model) else "its outputs are said to be classes"

    def decoder(self, model: ModelFile, options: Options) -> ClassificationDecoder:
        """Make a decoder.

        Options: labels, the names of the classes, or a file with one a line; locale, which of the file's own labels;
        meaning, what the outputs are ("logits" are turned into probabilities by softmax).
        """
        if len(model.inputs) != 1:
            raise UsageError(_not_a_row(model))
        return ranking(model, options, self.name)


KIND = _Kind()


def ranking(model: ModelFile, options: Options, task: str) -> ClassificationDecoder:
    """Make the decoder of one row of scores, whatever the input is; `task` is the kind that asks, for messages."""
    given = only(options, "labels", "locale", "meaning", task=task)
    sizes = [max(spec.shape, default=1) for spec in model.outputs]
    if len(sizes) != 1 or not 2 <= sizes[0] == model.outputs[0].elements:
        raise UsageError(_not_a_row(model))
    output = model.metadata.outputs[0] if model.metadata.outputs else OutputMetadata()
    meaning = given.get("meaning") or output.meaning or implied_meaning(model)
    output = dataclasses.replace(output, meaning=meaning)
    known = known_labels(given, output, model.outputs[0].elements)
    labels, notice = match_labels(known, model.outputs[0].elements)
    final: Meaning | None = "probabilities" if meaning == "logits" else meaning
    threshold, unusable = _own_threshold(output.score_threshold, final)
    notices = tuple(said for said in (notice, unusable) if said)
    return ClassificationDecoder(labels, notices, final, threshold, _steps(output))


def _own_threshold(of_file: float | None, meaning: Meaning | None) -> tuple[float | None, str | None]:
    """The file's threshold, or a notice in its place where no probability reaches it."""
    if of_file is None or meaning != "probabilities" or of_file <= 1:
        return of_file, None
    return None, f"the file's own threshold, {of_file:g}, is left out: its scores go from 0 to 1"


def _not_a_row(model: ModelFile) -> str:
    return (
        f"{model.name}: a classifier has one input and one row of outputs; this model has {len(model.inputs)} "
        f"inputs and {len(model.outputs)} outputs of shapes {[list(spec.shape) for spec in model.outputs]}"
    )


def _steps(output: OutputMetadata) -> list[Callable[[Scores], Scores]]:
    """How the output's numbers become scores."""
    steps: list[Callable[[Scores], Scores]] = [softmax] if output.meaning == "logits" else []
    calibration = output.score_calibration
    return [*steps, Calibrator(calibration)] if calibration is not None else steps
