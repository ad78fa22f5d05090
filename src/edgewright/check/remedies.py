"""What can be done about a source without changing what it computes, one remedy after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from edgewright.convert import ConversionOptions, UnsupportedOperator
from edgewright.model import ModelFile

Outcome = Literal["helped", "did not help", "not needed"]


@dataclass(frozen=True)
class Remedy:
    """A change of the conversion's options (`changes`) that leaves the source's results as they are."""

    name: str
    words: str
    changes: Mapping[str, Any]

    def applies(self, options: ConversionOptions, found: Sequence[UnsupportedOperator]) -> bool:
        """Whether it changes anything, and what stands in the way is of its kind."""
        changes_something = any(getattr(options, key) != value for key, value in self.changes.items())
        return changes_something and any(operator.obstacle in ("size", "int8", "runtime") for operator in found)


@dataclass(frozen=True)
class Attempt:
    """A remedy that was tried: what it did, and what came of it."""

    remedy: str
    words: str
    outcome: Outcome


_UNROLL = "recurrent layers as a chain of steps in place of a loop"
_BATCH = "the batch fixed to 1"

# Least first: unrolling keeps a free batch, batch 1 keeps a loop. Keras 2's arguments and the optimizer are taken out
# by every conversion; what it did is in the file's provenance.
REMEDIES = (
    Remedy("unroll", _UNROLL, {"unroll": True}),
    Remedy("batch 1", _BATCH, {"dynamic_batch": False}),
    Remedy("batch 1, unroll", f"{_BATCH}, and {_UNROLL}", {"dynamic_batch": False, "unroll": True}),
)

# Begins the note of a conversion that it gave a model other arithmetic.
POLICY = "policy "

# What a conversion takes out by itself, as it is kept in the file's provenance, in words.
_BY_ITSELF = {
    "optimizer": "the optimizer and its slot variables taken out",
    "fused recurrent layer": "the fused LSTM of Keras 2, which remembers its last run, made a loop that starts afresh",
    "free batch of a recurrent layer": "the batch of a recurrent layer's steps fixed to 1",
}


def repairs(model: ModelFile) -> tuple[str, ...]:
    """In words, what the conversion that made a file put right without being asked; it is in the file's provenance."""
    provenance = model.metadata.provenance
    steps = provenance.steps if provenance else ()
    return tuple(by_itself(str(change)) for step in steps for change in step.get("removed", ()))


def by_itself(removed: str) -> str:
    """In words, what a conversion repaired without being asked: "DepthwiseConv2D.groups" was an argument of Keras 2."""
    if removed.startswith("loop of "):
        return f"{removed.removeprefix('loop of ')} made a chain of steps in place of a loop"
    if removed.startswith(POLICY):
        return f"computes in float32 in place of {removed.removeprefix(POLICY)}, with the weights as they are"
    if " " in removed and removed not in _BY_ITSELF:
        return removed  # what sources other than Keras say is in words
    return _BY_ITSELF.get(removed, f"argument {removed} taken out, which Keras 3 does not know")
