"""What a model takes, as far as sources must know it: pictures, or windows of sounds or series."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError
from edgewright.model import ModelFile
from edgewright.spelling import options as spoken
from edgewright.spelling import spelled_as
from edgewright.task import input_kind, input_options, kind_of, preparation

if TYPE_CHECKING:
    from edgewright.media import SeriesPreparation, SoundPreparation


@dataclass(frozen=True)
class Takes:
    """What goes into a model: a "picture", "sound", "series", or something else.

    `prepare` knows the windows of sounds and series. `labels` are what is said of them, and `threshold` is the least
    score of an event, where the model or its user names one.
    """

    kind: str = "picture"
    model: str = ""
    prepare: SoundPreparation | SeriesPreparation | None = None
    labels: tuple[str, ...] = ()
    threshold: float | None = field(default=None)

    @property
    def is_signal(self) -> bool:
        """Whether it is cut into windows."""
        return self.prepare is not None


def taken_by(model: ModelFile, task: str | None, options: Mapping[str, Any]) -> Takes:
    """What a model takes, opened with these options. Raises `UsageError` as opening it does."""
    kind = kind_of(model, task, options, or_tensors=False)
    if kind.input not in ("sound", "series"):
        return Takes(kind.input, model.name)
    from edgewright.media import SeriesPreparation, SoundPreparation

    names = input_kind(kind.input, model).options
    own = {name: value for name, value in options.items() if name in names}
    prepare = _preparation(model, kind.input, {**input_options(model, task), **own})
    if not isinstance(prepare, SoundPreparation | SeriesPreparation):  # of another package: it knows no windows
        return Takes(kind.input, model.name)
    others = {name: value for name, value in options.items() if name not in names and value is not None}
    try:
        with spelled_as(None) if others else nullcontext():
            decode = kind.decoder(model, others)
    except TypeError as error:  # an option that the task has not
        raise UsageError(f"{model.name}: options: {error}") from None
    return Takes(kind.input, model.name, prepare, decode.labels, getattr(decode, "threshold", None))


def _preparation(model: ModelFile, kind: str, options: Mapping[str, Any]) -> object:
    """The preparation; a message names its options as they are called where an agent is told them."""
    try:
        with spelled_as(None):
            return preparation(model, kind, options)
    except UsageError as error:
        if spoken() is None:
            raise
        raise UsageError(f"{error}. A TOML file that describes the agent says it in its table [options]") from None
