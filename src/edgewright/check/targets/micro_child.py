"""TensorFlow Lite Micro runs the model: what happens in the child process, which it may abort."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewright.check.inputs import Array
from edgewright.check.trying import Trial, Work, attempt_all, last_words, listening

# Memory that is not touched costs nothing, so the first arena is one that few models exceed.
_FIRST_ARENA = 64 * 2**20
_LARGEST_ARENA = 2**32 - 2**20

STEP = 16
"""The allocator's granularity in bytes."""

SIZES = "sizes.txt"
"""The file in which `search_arena` writes what it tries."""

_TOO_SMALL = re.compile(r"missing: \d+|Failed to (re)?(allocate|size)|arena size")
_TOTAL = re.compile(r"Arena allocation total (?P<bytes>\d+) bytes")


@dataclass(frozen=True)
class MicroRun:
    """What TensorFlow Lite Micro did: stored outputs sample by sample, or what it said.

    `reported` is the bytes of its arena that its allocator says it used, `enough` an arena in which it ran. `died`
    says that it neither ran nor refused: it ended the process, or had to be ended.
    """

    outputs: tuple[list[Array], ...] = ()
    reported: int = 0
    enough: int = 0
    said: str = ""
    died: bool = False


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """The interpreter did not take the model or a run; the text is what it said."""


def run_model(data: bytes, samples: list[list[Array]], outputs: int, folder: str, arena: int = 0) -> MicroRun:
    """Run a model on stored inputs, in an arena of so many bytes, or in one that is large enough."""
    with listening(folder) as said:
        try:
            interpreter, arena = _open(data, said, arena)
            results = tuple(_run(interpreter, sample, outputs, said) for sample in samples)
        except _Refused as refusal:
            return MicroRun(said=str(refusal))
        said()
        interpreter.print_allocations()
        found = _TOTAL.search(said())
    return MicroRun(results, int(found["bytes"]) if found else 0, arena)


def search_arena(data: bytes, too_small: int, enough: int, hint: int, folder: str) -> None:
    """Narrow down the smallest arena in which the model can be opened; all sizes are multiples of `STEP`.

    First `hint`, then down from what is enough in steps that double, because the allocator's report is close, then by
    bisection. Each size is written to a file before and after it is tried: one that is too small can end the process.
    """
    with listening(folder), Path(folder, SIZES).open("a", encoding="utf-8") as sizes:
        step, size = STEP, hint if too_small < hint < enough else enough - STEP
        while enough - too_small > STEP:
            sizes.write(f"trying {size}\n")
            sizes.flush()
            if _fits(data, size):
                sizes.write(f"enough {size}\n")
                enough, step = size, 2 * step if size != hint else STEP
            else:
                too_small = size
            size = max(enough - step, (too_small + enough) // 2 // STEP * STEP)


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


def _open(data: bytes, said: Callable[[], str], given: int = 0) -> tuple[Any, int]:
    arena = given or _FIRST_ARENA
    while True:
        said()
        try:
            return _attempt_open(data, arena), arena
        except _Refused:
            words = said()
        if given or not _TOO_SMALL.search(words) or arena >= _LARGEST_ARENA:
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


def _fits(data: bytes, arena: int) -> bool:
    try:
        _attempt_open(data, arena)
    except _Refused:
        return False
    return True
