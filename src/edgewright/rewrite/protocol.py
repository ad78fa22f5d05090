"""What a pass is: a model file in, an equivalent one out, with a stated guarantee."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edgewright.model import ModelFile


@dataclass(frozen=True)
class LeftAlone:
    """An operator (or another part) that a pass could not improve, and why."""

    where: str
    reason: str


@dataclass(frozen=True)
class Rewritten:
    """The outcome of a pass: the model (the same object where nothing changed), what changed, what did not and why."""

    model: ModelFile
    changes: tuple[str, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()


class Pass(Protocol):
    """One rewriting of a model. `guarantee` says how close the outputs stay: "exact", or the bound."""

    name: str
    guarantee: str

    def __call__(self, model: ModelFile) -> Rewritten:
        """Rewrite the model; never fail on a sound one: what cannot be handled is left alone."""
