"""What an optimisation found: every candidate with why it was taken or not, the chosen one, and its proof."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from edgewright.errors import UsageError

if TYPE_CHECKING:
    from edgewright.evaluate import Interval
    from edgewright.machine import Machine, Timing
    from edgewright.model import ModelFile
    from edgewright.optimize.decision import PairedDrop
    from edgewright.optimize.prepared import Prepared

Status = Literal["accepted", "over budget", "too few to tell", "stopped early", "unchanged", "failed"]
Preference = Literal["size", "latency"]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way to make the model smaller, and what came of it; None (or nothing) where it was not measured.

    `status` is the verdict and `reason` says why in one line. `size`: bytes of the file, metadata included. `drop`: on
    the selection split, against the float model. `agreement`: share of that split's inputs, 0 to 1, for which both give
    the same answer. `timing` and `float_timing`: measured side by side, seconds for one input. `peak_memory`: bytes.
    `kept_float`: the operators that were left as they are. `model_path`: the file, in the search's own folder.
    """

    name: str
    status: Status
    reason: str = ""
    size: int | None = None
    drop: PairedDrop | None = None
    agreement: float | None = None
    timing: Timing | None = None
    float_timing: Timing | None = None
    peak_memory: int | None = None
    kept_float: tuple[str, ...] = ()
    model_path: Path | None = None

    def __post_init__(self) -> None:
        """Refuse a status that does not exist, and a timing without its other half."""
        if self.status not in get_args(Status):
            raise UsageError(f"unknown status {self.status!r}. Choose one of: {', '.join(get_args(Status))}")
        if (self.timing is None) != (self.float_timing is None):
            raise UsageError(f"candidate {self.name!r}: a latency means nothing without that of the float model")

    @property
    def accepted(self) -> bool:
        """Whether it may be chosen."""
        return self.status == "accepted"

    @property
    def latency_ratio(self) -> float | None:
        """Time of this over time of the float model, measured in turns: 0.5 is twice as fast."""
        return self.timing.ratio(self.float_timing) if self.timing and self.float_timing else None

    def to_dict(self) -> dict[str, Any]:
        """Return all there is as plain values, ready for JSON; the drop with its bound."""
        return {
            "name": self.name,
            "status": self.status,
            "reason": self.reason,
            "size": self.size,
            "drop": _drop(self.drop),
            "agreement": self.agreement,
            "latency_s": self.timing.median_s if self.timing else None,
            "float_latency_s": self.float_timing.median_s if self.float_timing else None,
            "latency_ratio": self.latency_ratio,
            "peak_memory": self.peak_memory,
            "kept_float": list(self.kept_float),
        }


@dataclass(frozen=True, kw_only=True)
class Optimization:
    """Result of `optimize`: `model` is what was asked for, or None where no candidate kept within the budget.

    `source`: the float model. `max_drop`: the budget as a fraction. `labelled`: whether right answers were known;
    without them the float model's answers stand in for them, and a drop is a disagreement. `proof`: the chosen one's
    drop on the proof split, which nothing was chosen by. `float_accuracy`: right answers of the float model on that
    split, and their number; None without labels. `sensitivity`: operators and the signal-to-noise ratio at the outputs,
    in dB, when only that one is quantized; lowest is worst. `changed`: index in the data, answer before, answer after,
    for the proof split. `point_estimate`: whether the measured drop decided, instead of its upper bound.
    """

    source: ModelFile
    model: ModelFile | None
    chosen: Candidate | None
    candidates: tuple[Candidate, ...]
    max_drop: float
    prefer: Preference
    labelled: bool
    data: Prepared
    machine: Machine
    seconds: float
    proof: PairedDrop | None = None
    float_accuracy: tuple[int, int] | None = None
    sensitivity: tuple[tuple[str, float], ...] = ()
    changed: tuple[tuple[int, str, str], ...] = ()
    point_estimate: bool = False
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an unknown preference, and a chosen candidate without its file."""
        if self.prefer not in get_args(Preference):
            raise UsageError(f"unknown preference {self.prefer!r}. Choose one of: {', '.join(get_args(Preference))}")
        if (self.model is None) != (self.chosen is None):
            raise UsageError("an optimization has a chosen candidate and its model, or neither")

    @property
    def accuracy(self) -> tuple[int, int] | None:
        """Right answers of the chosen model on the proof split, and their number; None without labels."""
        if self.float_accuracy is None or self.proof is None:
            return None
        right, total = self.float_accuracy
        return right - self.proof.float_only_right + self.proof.candidate_only_right, total

    @property
    def within_budget(self) -> bool:
        """Whether the chosen candidate was accepted; False with `allow_over_budget`, and where nothing was chosen."""
        return self.chosen is not None and self.chosen.accepted

    @property
    def nearest_miss(self) -> Candidate | None:
        """The measured candidate which came nearest to the budget without keeping it: the smallest upper bound."""
        return nearest_miss(self.candidates)

    def to_dict(self) -> dict[str, Any]:
        """Return what was found as plain values, ready for JSON."""
        return {
            "source": {"name": self.source.name, "sha256": self.source.sha256, "size": self.source.size},
            "model": {"sha256": self.model.sha256, "size": self.model.size} if self.model else None,
            "chosen": self.chosen.name if self.chosen else None,
            "within_budget": self.within_budget,
            "max_drop": self.max_drop,
            "prefer": self.prefer,
            "decided_by": "point estimate" if self.point_estimate else "upper bound",
            "labelled": self.labelled,
            "proof": _drop(self.proof),
            "accuracy": _accuracy(self.accuracy),
            "float_accuracy": _accuracy(self.float_accuracy),
            "candidates": [candidate.to_dict() for candidate in self.candidates],
            "sensitivity": [{"operator": name, "snr_db": value} for name, value in self.sensitivity],
            "changed": [{"index": index, "before": before, "after": after} for index, before, after in self.changed],
            "data": self._data(),
            "notices": list(self.notices),
            "machine": self.machine.to_dict(),
            "seconds": self.seconds,
        }

    def _data(self) -> dict[str, Any]:
        splits = ("calibration", "selection", "proof")
        return {"digest": self.data.digest} | {name: len(getattr(self.data, name)) for name in splits}


def nearest_miss(candidates: Iterable[Candidate]) -> Candidate | None:
    """Find the candidate with the smallest upper bound of its drop among those measured to the end and not accepted.

    Of equal ones the smallest file. None where there is no such candidate.
    """
    missed = [one for one in candidates if one.drop is not None and one.status in ("over budget", "too few to tell")]
    return min(missed, key=_bound_and_size, default=None)


def _bound_and_size(candidate: Candidate) -> tuple[float, int]:
    return candidate.drop.upper() if candidate.drop else 1.0, candidate.size or 0


def _drop(drop: PairedDrop | None) -> dict[str, Any] | None:
    if drop is None:
        return None
    return {
        "n": drop.n,
        "float_only_right": drop.float_only_right,
        "candidate_only_right": drop.candidate_only_right,
        "drop": drop.drop,
        "upper95": drop.upper(),
    }


def _accuracy(counts: tuple[int, int] | None) -> dict[str, Any] | None:
    if counts is None:
        return None
    right, total = counts
    low, high = _wilson(right, total)
    return {"top1": right / total, "correct": right, "total": total, "interval95": [low, high]}


def _wilson(right: int, total: int) -> Interval:
    from edgewright.evaluate import wilson

    return wilson(right, total)
