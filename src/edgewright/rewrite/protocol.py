"""What a pass is: a model file in, an equivalent one out, with a stated guarantee."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from edgewright.brief import line_of
from edgewright.model import ModelFile


@dataclass(frozen=True)
class LeftAlone:
    """An operator (or another part) that a pass could not improve, and why.

    `kind` is what reasons have in common that differ in their numbers only; "" where a reason has none of its own.
    """

    where: str
    reason: str
    kind: str = ""


@dataclass(frozen=True)
class Step:
    """What one pass of several did: its name and guarantee, what it changed, what it left alone and why."""

    name: str
    guarantee: str
    changes: tuple[str, ...]
    left_alone: tuple[LeftAlone, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        left_alone = [{"where": one.where, "reason": one.reason} for one in self.left_alone]
        return {"name": self.name, "guarantee": self.guarantee, "changes": [*self.changes], "left_alone": left_alone}


@dataclass(frozen=True)
class Rewritten:
    """The outcome of a pass: the model (the same object where nothing changed), what changed, what did not and why.

    After several passes `changes` name their pass, and `steps` has an entry for each that ran, in that order.
    """

    model: ModelFile
    changes: tuple[str, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    steps: tuple[Step, ...] = ()

    def __repr__(self) -> str:
        return line_of(self, self.model, f"{len(self.changes)} changes")


class Pass(Protocol):
    """One rewriting of a model. `guarantee` says how close the outputs stay: "exact", or the bound."""

    @property
    def name(self) -> str:
        """What the pass is called."""

    @property
    def guarantee(self) -> str:
        """How close the outputs stay."""

    def __call__(self, model: ModelFile) -> Rewritten:
        """Rewrite the model; never fail on a sound one: what cannot be handled is left alone."""
