"""Finding what is to be blurred: with a detector of its own, or with the main model, opened once more."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PIL import Image

from edgewright.agent.inference.inside.opening import opened, plain
from edgewright.agent.inference.setup import FACE, FACE_DETECTOR, Hidden, ModelSetup, WorkerSetup
from edgewright.errors import DataError, HubError, ModelError, UsageError
from edgewright.media import Box, PictureSource
from edgewright.spelling import either
from edgewright.task import Result, Task, observations_of, unknown_label

# What says which of the things that a detector finds are shown.
_SHOWN = ("threshold", "allow", "deny", "most")

_TRIAL = (64, 64)


class Finder:
    """A detector of some labels. Raises `UsageError` where its model frames nothing, `ModelError` where it fails."""

    def __init__(self, task: Task[Any], labels: frozenset[str]) -> None:
        self._task = task
        self._labels = labels
        try:
            frames = _frames(task(Image.new("RGB", _TRIAL, (128, 128, 128))))
        except Exception as error:  # noqa: BLE001 - somebody's task: whatever it raises
            traceback.print_exc()
            raise ModelError(f"{task.model.name}: it is to find what is blurred, and fails: {plain(error)}") from None
        if not frames:
            raise UsageError(f"{task.model.name}: it frames no things, so that nothing can be blurred by it")

    def __call__(self, picture: PictureSource) -> list[Box]:
        """Where those things are, in pixels of the upright picture. Raises whatever the task does."""
        things = observations_of(self._task(picture), self._labels)
        boxes = [thing.box for thing in things if thing.box is not None]
        if len(boxes) < len(things):
            raise DataError(f"{self._task.model.name} does not say where all is that is to be blurred")
        return boxes


def finders(setup: WorkerSetup, first: Task[Any]) -> tuple[Finder, ...]:
    """What finds all that is hidden in pictures; `first` is the main model's task.

    Raises `UsageError` for a label that nobody knows, and `HubError` where faces want a detector that is not there.
    """
    hidden = setup.hidden
    detector = _opened(hidden.detector, hidden.threshold) if hidden.detector else None
    labels = frozenset(hidden.labels)
    its = labels & frozenset(detector.labels) if detector else frozenset()
    if hidden.offered:
        its -= frozenset(first.labels)
    for label in hidden.labels:
        if label not in its and label not in first.labels:
            raise _unknown(label, hidden, detector or first)
    found = [Finder(detector, its)] if detector and its else []
    if own := labels - its:
        found.append(Finder(_opened(setup.main, hidden.threshold), own))
    return tuple(found)


def _opened(one: ModelSetup, threshold: float) -> Task[Any]:
    """The task of a model, told to show all that it finds from a score on, if it can be told so."""
    options: Mapping[str, Any] = {name: value for name, value in one.options.items() if name not in _SHOWN}
    try:
        return opened(replace(one, options={**options, "threshold": threshold}))
    except UsageError:
        return opened(replace(one, options=options))


def _frames(result: Result) -> bool:
    """Whether a result is one of things with boxes, also where there is none in the picture."""
    return hasattr(result, "xyxy") or any(thing.box is not None for thing in result.observations())


def _unknown(label: str, hidden: Hidden, asked: Task[Any]) -> UsageError | HubError:
    what = either(python="Privacy(model=…)", command="--blur-model, or model in [privacy]")
    if label == FACE and hidden.detector is None:
        return HubError(
            f"faces are blurred by a detector of faces, which is not on this machine yet. To fetch one, run: "
            f"`edgewright models get {FACE_DETECTOR}`; or name a file: {what}"
        )
    known = (
        unknown_label(label, asked.labels) if asked.labels else f"nothing says what its labels are, so not {label!r}"
    )
    told = f"blur: {asked.model.name}: {known}"
    if hidden.detector is not None and not hidden.offered:
        return UsageError(told)
    return UsageError(f"{told}{'' if told.endswith('?') else '.'} Another detector is named with {what}")
