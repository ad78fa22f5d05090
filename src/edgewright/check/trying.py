"""Operators tried one by one in a child process, which may die of one of them without losing the others."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from edgewright.check.alone import alone
from edgewright.check.inputs import Array, Wanted, make_up, wanted
from edgewright.errors import ChildError
from edgewright.machine import run_in_child
from edgewright.model import ModelFile

# What the verifier lets a model claim, twice: more is taken only by something that went wrong.
MEMORY = 4 * 2**30

# A runtime that dies of every operator is not asked for all of them.
_MOST_DEATHS = 8

_RESULTS = "results.jsonl"
_SAID = "said.txt"


@dataclass(frozen=True)
class Trial:
    """How one operator, or a whole model, fared: whether it ran, on the accelerator, and what was said against it."""

    ran: bool
    said: str = ""
    accelerated: bool = False


# The bytes of a model of one operator, and what its inputs take.
Work = tuple[bytes, list[Wanted]]
Attempt = Callable[[bytes, list[Array]], Trial]


def try_each(each: Callable[[list[Work], str], None], model: ModelFile, *, timeout: float) -> dict[int, Trial]:
    """Try the operators of a model that can be tried alone, by their index.

    `each` is a function for a child process that calls `attempt_all`.
    """
    work: dict[int, Work] = {}
    for operator, single in alone(model):
        inputs = wanted(single) if single is not None else None
        if single is not None and inputs is not None:
            work[operator.index] = (single.data, inputs)
    trials: list[Trial] = []
    deaths = 0
    while len(trials) < len(work) and deaths < _MOST_DEATHS:
        trials += _in_one_child(each, list(work.values())[len(trials) :], timeout)
        deaths += 1
    return dict(zip(work, trials, strict=False))


def attempt_all(attempt: Attempt, work: Sequence[Work], folder: str) -> None:
    """In the child: try one after the other, and write down each result before the next."""
    with Path(folder, _RESULTS).open("a", encoding="utf-8") as results:
        for data, inputs in work:
            trial = attempt(data, make_up(inputs, 1)[0])
            results.write(json.dumps(asdict(trial)) + "\n")
            results.flush()


def _in_one_child(each: Callable[[list[Work], str], None], work: list[Work], timeout: float) -> list[Trial]:
    with tempfile.TemporaryDirectory(prefix="edgewright-check-") as folder:
        death = ""
        try:
            run_in_child(each, work, folder, timeout=timeout, memory=MEMORY)
        except ChildError as error:
            death = how_it_ended(error, folder)
        results = Path(folder, _RESULTS)
        lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    trials = [Trial(**json.loads(line)) for line in lines]
    return [*trials, Trial(False, death)] if death else trials


def how_it_ended(error: ChildError, folder: str = "") -> str:
    """How a child ended that should not have: "ends the process (SIGSEGV)"; with the last that it said in `folder`."""
    how = f"ends the process ({error.ending})" if error.ending else error.summary.partition("\n")[0]
    said = Path(folder, _SAID)
    last = last_words(said.read_text(encoding="utf-8", errors="replace")) if folder and said.exists() else ""
    return f"{how}: {last}" if last else how


def last_words(text: str) -> str:
    """The lines of a log on one line, at most four of them."""
    lines = [" ".join("".join(char for char in line if char.isprintable()).split()) for line in text.splitlines()]
    return "; ".join([line for line in lines if line][-4:])


@contextmanager
def listening(folder: str) -> Iterator[Callable[[], str]]:
    """Lead descriptor 2 into a file that outlives the process; the function gives what was said since its last call.

    For a child process only: it takes the descriptor from everybody.
    """
    file = os.open(Path(folder, _SAID), os.O_RDWR | os.O_CREAT | os.O_APPEND)
    own = os.dup(2)
    os.dup2(file, 2)
    heard = 0

    def said() -> str:
        nonlocal heard
        size = os.fstat(file).st_size
        text = os.pread(file, size - heard, heard).decode("utf-8", "replace")
        heard = size
        return text

    try:
        yield said
    finally:
        os.dup2(own, 2)
        os.close(own)
        os.close(file)
