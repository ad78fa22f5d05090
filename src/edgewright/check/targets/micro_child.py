"""TensorFlow Lite Micro runs the model: what happens in the child process, which it may abort."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edgewright.check.inputs import Array
from edgewright.check.trying import Trial, Work, attempt_all, last_words, listening

# Memory that is not touched costs nothing, so the first arena is one that few models exceed.
_FIRST_ARENA = 64 * 2**20
_LARGEST_ARENA = 2**32 - 2**20

# The allocator's granularity.
_STEP = 16

_TOO_SMALL = re.compile(r"missing: \d+|Failed to (re)?(allocate|size)|arena size")
_TOTAL = re.compile(r"Arena allocation total (?P<bytes>\d+) bytes")


@dataclass(frozen=True)
class MicroRun:
    """What TensorFlow Lite Micro did: stored outputs sample by sample and its arena in bytes, or what it said."""

    outputs: tuple[list[Array], ...] = ()
    reported: int = 0
    smallest: int = 0
    said: str = ""


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """The interpreter did not take the model or a run; the text is what it said."""


def run_model(data: bytes, samples: list[list[Array]], outputs: int, folder: str) -> MicroRun:
    """Run a model on stored inputs, then find the smallest arena in which it can be opened and run."""
    with listening(folder) as said:
        try:
            interpreter, arena = _open(data, said)
            results = tuple(_run(interpreter, sample, outputs, said) for sample in samples)
            said()
            interpreter.print_allocations()
            reported = int(found["bytes"]) if (found := _TOTAL.search(said())) else 0
            smallest = _smallest(data, arena)
            if samples:
                _run(_attempt_open(data, smallest), samples[0], outputs, said)
        except _Refused as refusal:
            return MicroRun(said=str(refusal))
    return MicroRun(results, reported, smallest)


def try_operators(work: list[Work], folder: str) -> None:
    """Try operators one by one."""
    with listening(folder) as said:
        attempt_all(lambda data, sample: _attempt(data, sample, said), work, folder)


def _attempt(data: bytes, sample: list[Array], said: Callable[[], str]) -> Trial:
    try:
        interpreter, _ = _open(data, said)
        _run(interpreter, sample, 0, said)
    except _Refused as refusal:
        return Trial(False, str(refusal))
    return Trial(True, accelerated=True)


def _open(data: bytes, said: Callable[[], str]) -> tuple[Any, int]:
    arena = _FIRST_ARENA
    while True:
        said()
        try:
            return _attempt_open(data, arena), arena
        except _Refused:
            words = said()
        if not _TOO_SMALL.search(words) or arena >= _LARGEST_ARENA:
            raise _Refused(last_words(words) or "it gave no reason")
        arena = min(4 * arena, _LARGEST_ARENA)


def _attempt_open(data: bytes, arena: int) -> Any:
    from tflite_micro import runtime

    try:
        return runtime.Interpreter.from_bytes(data, arena_size=arena)
    except (RuntimeError, ValueError) as error:
        raise _Refused(str(error)) from error


def _run(interpreter: Any, sample: list[Array], outputs: int, said: Callable[[], str]) -> list[Array]:
    said()
    try:
        for place, array in enumerate(sample):
            interpreter.set_input(array, place)
        interpreter.invoke()
        return [interpreter.get_output(place) for place in range(outputs)]
    except (RuntimeError, ValueError) as error:
        raise _Refused(last_words(said()) or str(error)) from error


def _smallest(data: bytes, arena: int) -> int:
    """The smallest arena that the model can be opened with; `arena` is enough."""
    low, high = 0, arena // _STEP
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _fits(data, middle * _STEP) else (middle, high)
    return high * _STEP


def _fits(data: bytes, arena: int) -> bool:
    try:
        _attempt_open(data, arena)
    except _Refused:
        return False
    return True
