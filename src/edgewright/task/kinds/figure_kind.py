"""Kinds that find hands or bodies by a detector with anchors: they are told by the shapes of its outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgewright.model import ModelFile
from edgewright.task.options import Options, unsaid

if TYPE_CHECKING:
    from edgewright.task.figures import FigureDecoder, FigureDetector


@dataclass(frozen=True)
class FigureKind:
    """A picture in, hands or people out; `landmarks` looks at each of them.

    `whose` says whose outputs are of the shapes `outputs`; `normalization` is what pixels become; `detector` makes what
    decodes, when that is first wanted.
    """

    name: str
    whose: str
    outputs: tuple[tuple[int, ...], ...]
    normalization: str
    detector: Callable[[], FigureDetector]
    input: str = "picture"

    def recognize(self, model: ModelFile) -> str | None:
        """The shapes of the outputs are those of the detector."""
        fits = sorted(spec.shape for spec in model.outputs) == sorted(self.outputs)
        return f"its outputs are those of {self.whose}" if fits else None

    def input_options(self, model: ModelFile) -> Options:
        """Whole pictures as sharp as those of the training."""
        return unsaid(model, normalization=self.normalization, resize="letterbox", interpolation="sharp")

    def decoder(self, model: ModelFile, options: Options) -> FigureDecoder:
        """Make a decoder. Options: threshold, the least score (0 to 1); most, the largest number of things."""
        return self.detector().decoder(model, options)
