"""What an optimization found: every candidate with why it was taken or not, the chosen one, and its proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from edgewright.brief import line_of
from edgewright.errors import UsageError
from edgewright.files import packed_size
from edgewright.spelling import argument

if TYPE_CHECKING:
    from edgewright.evaluate import Estimate, Metric
    from edgewright.machine import Machine, Timing
    from edgewright.model import ModelFile
    from edgewright.optimize.decision import Drop
    from edgewright.optimize.inputs.prepared import PreparedData

Status = Literal[
    "accepted", "over budget", "too few to tell", "part lost", "stopped early", "unchanged", "failed", "not proven"
]  # fmt: skip
Preference = Literal["size", "latency", "gzip"]

ACCURACY = "top1"
"""The metric whose value people call accuracy."""


def check_preference(prefer: str) -> None:
    """Raise `UsageError` for what nothing can be chosen by."""
    if prefer not in get_args(Preference):
        raise UsageError(f"{argument('prefer', prefer)} is unknown. Choose one of: {', '.join(get_args(Preference))}")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way to make the model smaller, and what came of it; None (or nothing) where it was not measured.

    `status` is the verdict and `reason` says why in one line; "part lost": something that the float model's outputs say
    is not in its own any more, whatever the metric is; "not proven": it might have been chosen, had the one that was
    chosen stood its proof. `size`: bytes of the file as it would be written, metadata included; `gzip`: those that gzip
    makes of it. `drop`: on the selection split, against the float model. `agreement`: share of that split's inputs, 0
    to 1, for which both give the same answer. `timing` and `float_timing`: measured side by side, seconds for one
    input. `peak_memory`: bytes. `kept_float`: the operators that were left as they are. `model_path`: the file, in the
    search's own folder. `trained`: what a training has to say, by method.
    """

    name: str
    status: Status
    reason: str = ""
    size: int | None = None
    gzip: int | None = None
    drop: Drop | None = None
    agreement: float | None = None
    timing: Timing | None = None
    float_timing: Timing | None = None
    peak_memory: int | None = None
    kept_float: tuple[str, ...] = ()
    model_path: Path | None = None
    trained: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a status that does not exist, and a timing without its other half."""
        if self.status not in get_args(Status):
            raise UsageError(f"unknown status {self.status!r}. Choose one of: {', '.join(get_args(Status))}")
        if (self.timing is None) != (self.float_timing is None):
            raise UsageError(f"candidate {self.name!r}: a latency means nothing without that of the float model")

    @property
    def why(self) -> str:
        """What is to be said of it alone: its reason, unless that is the same for all."""
        return "" if self.reason == NO_PROOF else self.reason

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
            "gzip": self.gzip,
            "drop": _drop(self.drop),
            "agreement": self.agreement,
            "latency_s": self.timing.median_s if self.timing else None,
            "float_latency_s": self.float_timing.median_s if self.float_timing else None,
            "latency_ratio": self.latency_ratio,
            "peak_memory": self.peak_memory,
            "kept_float": list(self.kept_float),
            "trained": dict(self.trained),
        }


NOT_CONFIRMED = "chosen, and not confirmed by the proof"
"""The reason of a candidate that was accepted by the inputs to choose by, and not by those of the proof."""

NO_PROOF = "within the budget on the inputs to choose by; only the best one meets the proof"
"""The reason of the others then: a second choice by the same inputs would prove nothing."""


@dataclass(frozen=True, kw_only=True)
class Optimization:
    """Result of `optimize`: `model` is what was asked for, or None where no candidate kept within the budget.

    `source`: the float model. `metric`: what the budget is a budget of; `max_drop`: the budget, in its unit (0.01 of a
    share is one point). `proof`: the chosen one's drop on the proof split, which nothing was chosen by. `before` and
    `after`: the metric on that split, of the float model and of the one that was proven; None where the metric compares
    with the float model, or nothing was proven. `sensitivity`: operators and the signal-to-noise ratio at the outputs,
    in dB, when only that one is quantized; lowest is worst. `changed`: index in the data, answer before, answer after,
    for the proof split; of a metric that is no share those that went worse, the worst first. `point_estimate`: whether
    the measured drop decided, instead of its upper bound.
    """

    source: ModelFile
    model: ModelFile | None
    chosen: Candidate | None
    candidates: tuple[Candidate, ...]
    max_drop: float
    prefer: Preference
    metric: Metric
    data: PreparedData
    machine: Machine
    seconds: float
    proof: Drop | None = None
    before: Estimate | None = None
    after: Estimate | None = None
    sensitivity: tuple[tuple[str, float], ...] = ()
    changed: tuple[tuple[int, str, str], ...] = ()
    point_estimate: bool = False
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an unknown preference, and a chosen candidate without its file."""
        check_preference(self.prefer)
        if (self.model is None) != (self.chosen is None):
            raise UsageError("an optimization has a chosen candidate and its model, or neither")

    @property
    def labeled(self) -> bool:
        """Whether right answers were known; without them the float model's stand in for them."""
        return self.metric.target is not None

    @property
    def accuracy(self) -> tuple[int, int] | None:
        """Right answers of the chosen model on the proof split, and their number; None for other metrics."""
        return self._counts(self.after)

    @property
    def float_accuracy(self) -> tuple[int, int] | None:
        """The same of the float model."""
        return self._counts(self.before)

    def _counts(self, found: Estimate | None) -> tuple[int, int] | None:
        if found is None or self.metric.name != ACCURACY:
            return None
        total = self.proof.n if self.proof else len(self.data.proof)
        return round(found.value * total), total

    @property
    def counts_gzip(self) -> bool:
        """Whether it matters how small gzip makes a file: it was asked for, or something was trained to be packed."""
        return self.prefer == "gzip" or any(candidate.trained for candidate in self.candidates)

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
            "source": {"name": self.source.name, **_sizes(self.source)},
            "model": _sizes(self.model) if self.model else None,
            "chosen": self.chosen.name if self.chosen else None,
            "within_budget": self.within_budget,
            "max_drop": self.max_drop,
            "prefer": self.prefer,
            "decided_by": "point estimate" if self.point_estimate else "upper bound",
            "labeled": self.labeled,
            "task": self.data.scoring.task,
            "metric": self.metric.name,
            "proof": _drop(self.proof),
            "value": _estimate(self.after),
            "float_value": _estimate(self.before),
            "accuracy": _accuracy(self.accuracy, self.after),
            "float_accuracy": _accuracy(self.float_accuracy, self.before),
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

    def __repr__(self) -> str:
        chosen = f"{self.chosen.name} of {self.model.size:,} bytes" if self.chosen and self.model else "nothing chosen"
        accepted = sum(candidate.status == "accepted" for candidate in self.candidates)
        return line_of(self, chosen, f"{accepted} of {len(self.candidates)} candidates accepted")


def nearest_miss(candidates: Iterable[Candidate]) -> Candidate | None:
    """Find the candidate with the smallest upper bound of its drop among those measured to the end and not accepted.

    Of equal ones the smallest file. None where there is no such candidate.
    """
    missed = [one for one in candidates if one.drop is not None and one.status in ("over budget", "too few to tell")]
    return min(missed, key=_bound_and_size, default=None)


def _bound_and_size(candidate: Candidate) -> tuple[float, int]:
    return candidate.drop.upper() if candidate.drop else 1.0, candidate.size or 0


def _sizes(model: ModelFile) -> dict[str, Any]:
    return {"sha256": model.sha256, "size": model.size, "gzip": packed_size(model.data)}


def _drop(drop: Drop | None) -> dict[str, Any] | None:
    if drop is None:
        return None
    counted = {name: value for name, value in vars(drop).items() if isinstance(value, int)}
    return {**counted, "drop": drop.drop, "upper95": drop.upper()}


def _estimate(found: Estimate | None) -> dict[str, Any] | None:
    return None if found is None else {"value": found.value, "interval95": list(found.interval)}


def _accuracy(counts: tuple[int, int] | None, found: Estimate | None) -> dict[str, Any] | None:
    if counts is None or found is None:
        return None
    right, total = counts
    return {"top1": found.value, "correct": right, "total": total, "interval95": list(found.interval)}
