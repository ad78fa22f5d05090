"""What a benchmark found, as values."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from edgewright.brief import line_of
from edgewright.engine import check_threads
from edgewright.machine import Machine, Timing

Verdict = Literal["real", "within the noise"]

_STAGES = ("imports_s", "read_s", "open_s", "first_s")


@dataclass(frozen=True)
class Subject:
    """A model that is measured: its name, its size in bytes, its multiply-accumulates, the SHA-256 of its bytes."""

    name: str
    size: int
    macs: int
    sha256: str


@dataclass(frozen=True)
class Candidate:
    """One way of running a model: `model` is a `Subject`'s name; `threads` are those of one interpreter."""

    model: str
    engine: str
    threads: int

    def __post_init__(self) -> None:
        check_threads(self.threads)

    @property
    def way(self) -> str:
        """How the model is run, in words: "litert, 2 threads"."""
        return f"{self.engine}, {self.threads} thread{'s' if self.threads != 1 else ''}"


@dataclass(frozen=True)
class Comparison:
    """Time of a candidate over the time of what it is compared with: 0.5 takes half as long.

    `verdict` is "real" where the ranges of at least four rounds each do not overlap.
    """

    ratio: float
    verdict: Verdict

    @classmethod
    def of(cls, timing: Timing, other: Timing) -> Comparison:
        """Compare two timings of one call of `interleave`."""
        return cls(timing.ratio(other), "real" if timing.differs_from(other) else "within the noise")


@dataclass(frozen=True)
class Rate:
    """How much is done in a second when all cores work: `workers` interpreters side by side.

    `timing` is in seconds per item, of all workers together; an item is an inference or a picture.
    """

    timing: Timing
    workers: int

    @property
    def per_second(self) -> float:
        """The median over the rounds."""
        return 1 / self.timing.median_s

    @property
    def range(self) -> tuple[float, float]:
        """The slowest and the fastest round, per second."""
        return 1 / max(self.timing.round_medians), 1 / min(self.timing.round_medians)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Rate:
        """Read what `to_dict` wrote."""
        return cls(Timing.of(stored["timing"]), stored["workers"])

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        low, high = self.range
        rate = {"per_second": self.per_second, "lowest": low, "highest": high}
        return {**rate, "workers": self.workers, "timing": self.timing.to_dict()}


@dataclass(frozen=True)
class ColdStart:
    """From the start of a fresh process to its first result, in seconds; the file is in the system's cache already.

    `imports_s`: start of Python, and imports of NumPy, Edgewright and LiteRT (that of another engine belongs to
    `open_s`). `read_s`: reading and verifying the file. `open_s`: making the engine. `first_s`: the first inference.
    `peak_bytes`: the most memory that the process held (VmHWM of proc(5)); `base_bytes`: of that, after the imports.
    Both are None where the system does not tell.
    """

    imports_s: float
    read_s: float
    open_s: float
    first_s: float
    peak_bytes: int | None
    base_bytes: int | None

    @property
    def total_s(self) -> float:
        """All stages together."""
        return self.imports_s + self.read_s + self.open_s + self.first_s

    @property
    def model_bytes(self) -> int | None:
        """What the model added to the memory that the imports take."""
        if self.peak_bytes is None or self.base_bytes is None:
            return None
        return self.peak_bytes - self.base_bytes

    @classmethod
    def median(cls, runs: Sequence[ColdStart]) -> ColdStart:
        """The median of every stage, and of the memory."""
        stages = {name: statistics.median(getattr(run, name) for run in runs) for name in _STAGES}
        return cls(**stages, peak_bytes=_middle(runs, "peak_bytes"), base_bytes=_middle(runs, "base_bytes"))

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> ColdStart:
        """Read what `to_dict` wrote."""
        return cls(**{field.name: stored[field.name] for field in fields(cls)})

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "total_s": self.total_s, "model_bytes": self.model_bytes}


@dataclass(frozen=True)
class Measured:
    """One candidate with all its figures.

    `latency`: one inference, input and output copied, nothing else. `end_to_end`: one picture from its file to its
    result, None without pictures. `throughput`: inferences, or pictures end to end where there are any.
    `cold_starts`: every run. `compared` and its like: with the candidate's reference, None for the reference itself.
    """

    candidate: Candidate
    latency: Timing
    end_to_end: Timing | None
    throughput: Rate
    cold_starts: tuple[ColdStart, ...]
    compared: Comparison | None
    end_to_end_compared: Comparison | None
    throughput_compared: Comparison | None

    @property
    def cold_start(self) -> ColdStart:
        """The median run."""
        return ColdStart.median(self.cold_starts)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Measured:
        """Read what `to_dict` wrote."""
        compared = {
            name: Comparison(**stored[name]) if stored[name] else None
            for name in ("compared", "end_to_end_compared", "throughput_compared")
        }
        return cls(
            candidate=Candidate(stored["model"], stored["engine"], stored["threads"]),
            latency=Timing.of(stored["latency"]),
            end_to_end=Timing.of(stored["end_to_end"]) if stored["end_to_end"] else None,
            throughput=Rate.of(stored["throughput"]),
            cold_starts=tuple(ColdStart.of(run) for run in stored["cold_start"]["runs"]),
            **compared,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            **asdict(self.candidate),
            "latency": self.latency.to_dict(),
            "compared": _plain(self.compared),
            "end_to_end": self.end_to_end.to_dict() if self.end_to_end else None,
            "end_to_end_compared": _plain(self.end_to_end_compared),
            "throughput": self.throughput.to_dict(),
            "throughput_compared": _plain(self.throughput_compared),
            "cold_start": {**self.cold_start.to_dict(), "runs": [run.to_dict() for run in self.cold_starts]},
        }


@dataclass(frozen=True)
class Benchmark:
    """The figures of all candidates, measured side by side, and what they were measured on.

    `pictures` says how many there were, 0 for made-up inputs. Comparisons are with the baseline, run in the same way;
    without a baseline with the first candidate.
    `notices` are sentences about what makes the figures worse than they could be, or less certain.
    """

    model: Subject
    baseline: Subject | None
    measured: tuple[Measured, ...]
    pictures: int
    delegates: tuple[str, ...]
    notices: tuple[str, ...]
    machine: Machine
    seconds: float

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The model, and the baseline if there is one."""
        return (self.model, self.baseline) if self.baseline else (self.model,)

    @property
    def unit(self) -> str:
        """What throughput counts."""
        return "pictures" if self.pictures else "inferences"

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Benchmark:
        """Read what `to_dict` wrote, here or on another machine."""
        return cls(
            model=Subject(**stored["model"]),
            baseline=Subject(**stored["baseline"]) if stored["baseline"] else None,
            measured=tuple(Measured.of(one) for one in stored["measured"]),
            pictures=stored["pictures"],
            delegates=tuple(stored["delegates"]),
            notices=tuple(stored["notices"]),
            machine=Machine.of(stored["machine"]),
            seconds=stored["seconds"],
        )

    def to_dict(self) -> dict[str, Any]:
        """All figures as plain values, ready for JSON."""
        return {
            "model": asdict(self.model),
            "baseline": asdict(self.baseline) if self.baseline else None,
            "pictures": self.pictures,
            "delegates": list(self.delegates),
            "throughput_unit": f"{self.unit} per second",
            "measured": [one.to_dict() for one in self.measured],
            "operators": None,
            "notices": list(self.notices),
            "machine": self.machine.to_dict(),
            "seconds": self.seconds,
        }

    def __repr__(self) -> str:
        figures = (
            f"{figure.candidate.engine} on {figure.candidate.threads}: {1e3 * figure.latency.median_s:.3g} ms"
            for figure in self.measured
        )
        return line_of(self, repr(self.model.name), *figures)


def _plain(comparison: Comparison | None) -> dict[str, Any] | None:
    return asdict(comparison) if comparison else None


def _middle(runs: Sequence[ColdStart], name: str) -> int | None:
    values = [value for run in runs if (value := getattr(run, name)) is not None]
    return round(statistics.median(values)) if values else None
