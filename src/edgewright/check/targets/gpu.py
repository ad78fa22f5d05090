"""The GPU delegate of Android and iOS, which takes the largest piece. A prediction: there is no such GPU here."""

from __future__ import annotations

from collections.abc import Sequence

from edgewright.check.partition import Piece
from edgewright.check.results import TargetReport
from edgewright.check.targets.predicting import predict
from edgewright.model import ModelFile


def judge(model: ModelFile, *, timeout: float) -> TargetReport:
    """Predict what the delegate takes with its default options. Nothing is run."""
    return predict("gpu", model, _largest)


def _largest(found: Sequence[Piece]) -> Piece:
    return max(found, key=lambda piece: len(piece.operators))
