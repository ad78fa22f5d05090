"""Hearing what happens in a sound: a row of scores, one a class, for each of its windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError
from edgewright.model import Meaning, ModelFile, OutputMetadata, implied_meaning
from edgewright.task.inputs.sound import takes_sound
from edgewright.task.options import Options, only
from edgewright.task.shapes import is_row

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from edgewright.media import Prepared, Windows
    from edgewright.model import ScoreCalibration
    from edgewright.task.kind import Outputs
    from edgewright.task.results.sound_events import SoundEvents

THRESHOLD = 0.3
"""Where neither the caller nor the file says one. A model of hundreds of sounds gives most of them nearly 0."""

# An output beside others is that of scores if it is called so.
_SCORE_NAMES = ("score", "prob", "class", "predict")


class AudioDecoder:
    """The rows of all windows into `SoundEvents`. `labels`: one for each entry of a row, `threshold` that of events."""

    def __init__(
        self,
        labels: tuple[str, ...],
        notices: tuple[str, ...],
        *,
        place: int,
        threshold: float,
        logits: bool,
        calibration: ScoreCalibration | None,
    ) -> None:
        self.labels = labels
        self.notices = notices
        self._place = place
        self.threshold = threshold
        self._logits = self.takes_minus_infinity = logits
        self._calibration = calibration

    def of_window(self, outputs: Outputs, windows: Windows, number: int) -> Outputs:
        """The scores alone: of a long sound the embeddings beside them would fill the memory."""
        return [outputs[self._place]]

    def __call__(self, outputs: Outputs, prepared: Prepared) -> SoundEvents:
        """Join the windows of one sound; `outputs` are all of the model's, or the scores alone."""
        import numpy as np

        from edgewright.task.results.sound_events import SoundEvents

        spans = prepared.windows.spans if prepared.windows else ((0.0, 0.0),)
        stacked = outputs[self._place if len(outputs) > 1 else 0]
        scores = stacked.astype(np.float32, copy=False).reshape(len(spans), -1, len(self.labels))
        # A model that takes any length may have a row for each part of a window.
        scores = scores[:, 0] if scores.shape[1] == 1 else scores.mean(axis=1)
        return SoundEvents(self._final(scores), np.array(spans, np.float64), self.labels, self.threshold)

    def _final(self, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        if not self._logits and self._calibration is None:
            return scores
        import numpy as np

        from edgewright.task.numbers.scores import calibrate, softmax

        if self._logits:
            scores = np.stack([softmax(row) for row in scores])
        if self._calibration is not None:
            scores = np.stack([calibrate(row, self._calibration) for row in scores])
        return scores


class _Kind:
    """A sound in, and a row of scores out for each of its windows."""

    name = "audio-classification"
    input = "sound"

    def recognize(self, model: ModelFile) -> str | None:
        """A sound goes in, and one of the outputs is a row of scores."""
        reason = takes_sound(model)
        return reason if reason and _score_outputs(model) else None

    def decoder(self, model: ModelFile, options: Options) -> AudioDecoder:
        """Make a decoder.

        Options: labels, locale and meaning, as for classification; threshold, the least score (0 to 1) of a window that
        belongs to an event; head, the name or number of the output, where several have scores.
        """
        from edgewright.task.labels import known_labels, match_labels
        from edgewright.task.numbers.scores import threshold_of

        given = only(options, "labels", "locale", "meaning", "threshold", "head", task=self.name)
        place, notices = _place(model, given.get("head"))
        output = model.metadata.outputs[place] if place < len(model.metadata.outputs) else OutputMetadata()
        known = known_labels(given, output, model.outputs[place].elements)
        labels, notice = match_labels(known, model.outputs[place].elements)
        meaning: Meaning | None = given.get("meaning") or output.meaning or implied_meaning(model, place)
        return AudioDecoder(
            labels,
            (*notices, *([notice] if notice else [])),
            place=place,
            threshold=threshold_of(given.get("threshold"), output.score_threshold, THRESHOLD),
            logits=meaning == "logits",
            calibration=output.score_calibration,
        )


KIND = _Kind()


def _score_outputs(model: ModelFile) -> list[int]:
    """Which outputs are rows of scores: those with labels, else those of a softmax or sigmoid, else those called so."""
    rows = [place for place, spec in enumerate(model.outputs) if is_row(spec)]
    said = dict(enumerate(model.metadata.outputs))
    labeled = [place for place in rows if place in said and said[place].labels]
    if labeled:
        return labeled
    likely = [place for place in rows if implied_meaning(model, place)]
    return likely or [place for place in rows if _is_called_scores(model.outputs[place].name, said.get(place))]


def _is_called_scores(name: str, said: OutputMetadata | None) -> bool:
    names = f"{name} {said.name if said else ''}".lower()
    return any(word in names for word in _SCORE_NAMES)


def _place(model: ModelFile, head: Any) -> tuple[int, tuple[str, ...]]:
    """The output with the scores, and a notice where others have scores as well."""
    if head is not None:
        return _named(model, head), ()
    found = _score_outputs(model)
    if not found and len(model.outputs) == 1 and is_row(model.outputs[0]):
        return 0, ()
    if not found:
        shapes = [list(spec.shape) for spec in model.outputs]
        raise UsageError(f"{model.name}: none of its outputs is known as a row of scores; their shapes are {shapes}")
    if len(found) == 1:
        return found[0], ()
    others = ", ".join(repr(_name(model, place)) for place in found[1:])
    return found[0], (f"scores are taken from output {_name(model, found[0])!r}; head chooses another: {others}",)


def _named(model: ModelFile, head: Any) -> int:
    names = [_name(model, place) for place in range(len(model.outputs))]
    place = names.index(head) if head in names else int(head) if str(head).isdecimal() else -1
    if not 0 <= place < len(names) or not is_row(model.outputs[place]):
        raise UsageError(f"{model.name}: there is no row of scores in an output {head!r}. It has: {', '.join(names)}")
    return place


def _name(model: ModelFile, place: int) -> str:
    said = model.metadata.outputs[place].name if place < len(model.metadata.outputs) else ""
    return said or model.outputs[place].name
