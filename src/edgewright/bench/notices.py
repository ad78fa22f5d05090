"""What makes figures worse than they could be, or less certain: one sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgewright.bench.results import Candidate
from edgewright.machine import ROUNDS_TO_DIFFER, Machine, Timing


def notices(
    machine: Machine,
    candidates: Sequence[Candidate],
    timings: Sequence[Timing],
    *,
    emulator: str | None = None,
    battery: bool | None = None,
) -> tuple[str, ...]:
    """All that is to be said, the gravest first."""
    found = (*_processor(machine, emulator, battery), *_load(timings), *_request(machine, candidates, timings))
    return tuple(found)


def _processor(machine: Machine, emulator: str | None, battery: bool | None) -> Iterator[str]:
    if emulator:
        yield f"This processor is emulated by {emulator}: the times say nothing about a real one."
    if machine.throttled:
        yield "The processor was slowed down by heat or low voltage since the system started: it may be slow now."
    if machine.governor == "powersave":
        yield "The frequency governor is powersave, which may keep the processor below its full speed."
    if battery:
        yield "The machine runs on battery, which may keep the processor below its full speed."
    if machine.cpu_quota is not None and machine.cpu_quota < (machine.logical_cores or machine.usable_cores):
        yield f"A quota leaves {machine.cpu_quota:g} of {machine.logical_cores} cores to this process."


def _load(timings: Sequence[Timing]) -> Iterator[str]:
    noisy, disturbed = max(one.noisy for one in timings), max(one.disturbed for one in timings)
    if noisy:
        rounds = max(one.rounds for one in timings)
        yield (
            f"Another load took the processor in {noisy} of {rounds} rounds, and no quieter ones were to be had: "
            "the times may be too long."
        )
    elif disturbed:
        yield f"Another load took the processor in {_rounds(disturbed)}; these were measured again."


def _request(machine: Machine, candidates: Sequence[Candidate], timings: Sequence[Timing]) -> Iterator[str]:
    most = max(one.threads for one in candidates)
    if most > machine.usable_cores:
        yield f"{most} threads share {machine.usable_cores} usable cores."
    if len(candidates) > 1 and (rounds := min(one.rounds for one in timings)) < ROUNDS_TO_DIFFER:
        yield f"With {_rounds(rounds)} no difference can be called real; it takes {ROUNDS_TO_DIFFER}."


def _rounds(count: int) -> str:
    return "1 round" if count == 1 else f"{count} rounds"
