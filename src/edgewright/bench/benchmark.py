"""`bench`: everything about the speed of a model file, measured side by side."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgewright.bench.asking import bench_there
from edgewright.bench.cold_start import start_cold
from edgewright.bench.measuring import all_cores, one_by_one
from edgewright.bench.notices import notices
from edgewright.bench.plan import Plan
from edgewright.bench.results import Benchmark, Candidate, ColdStart, Comparison, Measured, Rate
from edgewright.bench.surroundings import emulator, on_battery
from edgewright.engine import as_tuple
from edgewright.machine import Place, Progress, Timing, describe, silent
from edgewright.model import ModelLike

ROUNDS = 7
_COLD_STARTS = 5


def bench(
    model: ModelLike,
    *,
    images: str | os.PathLike[str] | None = None,
    engines: str | Sequence[str] = "litert",
    threads: int | Sequence[int] = 1,
    baseline: ModelLike | None = None,
    rounds: int = ROUNDS,
    delegates: Sequence[str | os.PathLike[str]] = (),
    on: Place | None = None,
    progress: Progress = silent,
) -> Benchmark:
    """Measure latency, throughput, cold start and memory of a model file, for each engine with each number of threads.

    `model` and `baseline` are paths, bytes, names or `ModelFile`s; `engines` and `threads` one of them, or several.
    All candidates, those of `baseline` included, are timed in turns over `rounds` rounds, on inputs made up within the
    model's types, or on the pictures in `images`; these are also timed end to end, from file to result. Cold starts
    are of fresh processes, at most five, in turns too. `delegates` are libraries that LiteRT gives operators to; there
    is one device for them, so throughput is that of one interpreter. `on`: another machine, on which all is measured;
    engines and delegates are its own.

    Raises `UsageError` for an unknown engine, impossible numbers of threads or rounds, a baseline that takes another
    input, and `images` for a model that has no task with pictures; `DataError` where there are no pictures;
    `ModelError` and `EngineError` for a model that is damaged or that an engine does not run; `DelegateError` for a
    delegate that does not start.

    >>> measured = ew.bench("mobilenet.tflite", threads=[1, 2], rounds=2).measured
    >>> [figures.candidate.threads for figures in measured]
    [1, 2]
    """
    delegates = as_tuple(delegates)  # a single one stands for itself
    if on is not None:
        told = {"engines": list(as_tuple(engines)), "threads": list(as_tuple(threads)), "rounds": rounds}
        told["delegates"] = [os.fspath(one) for one in delegates]
        return bench_there(on, model, baseline, images, told, progress)
    began = time.monotonic()
    plan, machine = Plan.of(model, baseline, engines, threads, rounds, images, delegates), describe()
    figures = _Figures.measure(plan, 1 if delegates else machine.usable_cores, progress)
    said = notices(machine, plan.candidates, figures.timings, emulator=emulator(), battery=on_battery())
    return Benchmark(
        model=plan.subjects[0],
        baseline=plan.subjects[1] if baseline is not None else None,
        measured=tuple(figures.of(one, plan.reference(one)) for one in plan.candidates),
        pictures=len(plan.pictures),
        delegates=plan.delegates,
        notices=(*said, *plan.notices()),
        machine=machine,
        seconds=time.monotonic() - began,
    )


@dataclass(frozen=True)
class _Figures:
    """All figures by candidate; `ends` is empty without pictures."""

    latencies: Mapping[Candidate, Timing]
    ends: Mapping[Candidate, Timing]
    rates: Mapping[Candidate, Rate]
    colds: Mapping[Candidate, Sequence[ColdStart]]

    @classmethod
    def measure(cls, plan: Plan, cores: int, progress: Progress) -> _Figures:
        rounds, pictures = plan.rounds, dict.fromkeys(plan.candidates, plan.pictures)
        latencies = one_by_one(plan.engine_call, plan.inputs, rounds, "latency", progress)
        if not plan.pictures:
            rates = all_cores(plan.engine_call, plan.inputs, latencies, cores, rounds, progress)
            return cls(latencies, {}, rates, _cold_starts(plan, progress))
        ends = one_by_one(plan.task_call, pictures, rounds, "pictures", progress)
        rates = all_cores(plan.task_call, pictures, ends, cores, rounds, progress)
        return cls(latencies, ends, rates, _cold_starts(plan, progress))

    @property
    def timings(self) -> list[Timing]:
        """Everything that was timed in rounds."""
        return [*self.latencies.values(), *self.ends.values(), *(rate.timing for rate in self.rates.values())]

    def of(self, one: Candidate, reference: Candidate | None) -> Measured:
        return Measured(
            candidate=one,
            latency=self.latencies[one],
            end_to_end=self.ends.get(one),
            throughput=self.rates[one],
            cold_starts=tuple(self.colds[one]),
            compared=_compared(self.latencies, one, reference),
            end_to_end_compared=_compared(self.ends, one, reference),
            throughput_compared=_compared({key: rate.timing for key, rate in self.rates.items()}, one, reference),
        )


def _compared(timings: Mapping[Candidate, Timing], one: Candidate, reference: Candidate | None) -> Comparison | None:
    return Comparison.of(timings[one], timings[reference]) if reference in timings and reference else None


def _cold_starts(plan: Plan, progress: Progress) -> dict[Candidate, list[ColdStart]]:
    runs: dict[Candidate, list[ColdStart]] = {one: [] for one in plan.candidates}
    times = min(plan.rounds, _COLD_STARTS)
    with tempfile.TemporaryDirectory(prefix="edgewright-") as folder:
        places = {name: Path(folder, f"{number}.tflite") for number, name in enumerate(plan.models)}
        for name, place in places.items():
            place.write_bytes(plan.models[name].data)
        for done in range(times):
            progress("cold start", done, times)
            for one, found in runs.items():
                file = places[one.model]
                found.append(start_cold(file, one.engine, one.threads, plan.delegates, name=one.model))
    progress("cold start", times, times)
    return runs
