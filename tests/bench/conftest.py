"""Benchmarks as they come out, made by hand, so that no test here depends on how fast this machine is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edgewright.bench import Benchmark, Candidate, ColdStart, Comparison, Measured, Rate, Subject
from edgewright.machine import Machine, Timing

MODEL = Subject("small.tflite", 500_000, 14_000_000, "a" * 64)
BASELINE = Subject("large.tflite", 2_000_000, 56_000_000, "b" * 64)


def timing(*medians: float, noisy: int = 0, disturbed: int = 0) -> Timing:
    """A timing with these round medians, in milliseconds."""
    rounds = tuple(median / 1000 for median in medians)
    middle = sorted(rounds)[len(rounds) // 2]
    spread = (max(rounds) - min(rounds)) / middle
    return Timing(middle, max(rounds), rounds, spread, len(rounds), 10 * len(rounds), 1, disturbed, noisy)


FAST, FASTER, SLOW = timing(10, 11, 12, 13), timing(9.5, 10.5, 11.5, 12.5), timing(20, 22, 24, 26)


def measured(candidate: Candidate, own: Timing, other: Timing | None, pictures: bool) -> Measured:
    compared = Comparison.of(own, other) if other else None
    start = ColdStart(0.2, 0.01, 0.02, 0.015, 50_000_000, 37_000_000)
    return Measured(
        candidate=candidate,
        latency=own,
        end_to_end=own if pictures else None,
        throughput=Rate(own, 2),
        cold_starts=(start,) * 3,
        compared=compared,
        end_to_end_compared=compared if pictures else None,
        throughput_compared=compared,
    )


@pytest.fixture
def machine() -> Machine:
    """A quiet desktop with four cores."""
    return Machine(
        cpu="Cortex-A72",
        architecture="aarch64",
        device="Raspberry Pi 4 Model B",
        logical_cores=4,
        physical_cores=4,
        usable_cores=4,
        cpu_quota=None,
        memory_bytes=4 * 2**30,
        memory_limit_bytes=None,
        governor="ondemand",
        throttled=False,
        os="Debian GNU/Linux 12 (bookworm)",
        kernel="6.6.31",
        python="3.11.2",
        python_bits=64,
        libraries={"numpy": "2.1.0"},
    )


@pytest.fixture
def make(machine: Machine) -> Callable[..., Benchmark]:
    """A benchmark of a model beside a baseline twice as slow, or of one model with two engines much alike."""

    def benchmark(*, baseline: bool = True, pictures: int = 0, notices: tuple[str, ...] = ()) -> Benchmark:
        other = Candidate(BASELINE.name, "litert", 1) if baseline else Candidate(MODEL.name, "litert", 2)
        first = measured(Candidate(MODEL.name, "litert", 1), FAST, SLOW if baseline else None, bool(pictures))
        second = measured(other, SLOW, None, bool(pictures)) if baseline else measured(other, FASTER, FAST, False)
        return Benchmark(MODEL, BASELINE if baseline else None, (first, second), pictures, (), notices, machine, 12.0)

    return benchmark
