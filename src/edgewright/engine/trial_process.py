"""The process of a trial run: its limits, and in words how it ended."""

from __future__ import annotations

import signal
import threading
from functools import partial

from edgewright.errors import (
    ChildCrashError,
    ChildMemoryError,
    ChildTimeoutError,
    InterpreterError,
    MissingExtraError,
    RunawayModelError,
)
from edgewright.machine import Ending, can_fork, run_forked, run_in_child
from edgewright.model import ModelFile

# A second of a slow processor does 10⁸ multiply-accumulates or moves as many elements; nothing else is known to take
# longer than the seconds that every file is given.
_SECONDS = 5
_PER_SECOND = 1e8
# Of waiting, on a machine that is busy with other things.
_PATIENCE = 4
_LONGEST_S = 50.0

# What the runtime itself takes, and so many times what the file and its activations do: weights are packed anew, and
# what has no fixed shape is allocated a second time.
_MEMORY = 2**30
_COPIES = 4

_OUT_OF_MEMORY = ("bad_alloc", "MemoryError", "Failed to allocate", "failed to allocate")

_lock = threading.Lock()


def run_once(model: ModelFile) -> str | None:
    """Run a file in a process of its own; returns why the runtime refused it, if it did.

    Raises `RunawayModelError` for a crash, and for a run over the limits.
    """
    with _lock:
        if not can_fork():
            return _in_fresh_process(model)
        ending = run_forked(partial(_run, model), seconds=_wall(model), cpu_seconds=_cpu(model), memory=_memory(model))
    if ending.raised is not None:
        return ending.raised
    if why := _harm(ending, model):
        raise RunawayModelError(f"{model.name}: {why}. {_ADVICE}")
    return None


_ADVICE = "It was tried out in a process of its own, so nothing else was harmed; the file is broken or made to do harm"


def _run(model: ModelFile) -> None:
    from edgewright.engine.trial_inputs import run_all

    run_all(model)


def _harm(ending: Ending, model: ModelFile) -> str | None:
    if ending.code == 0 and not ending.late:
        return None
    if ending.late or ending.code == -signal.SIGXCPU:
        return _endless(model)
    # Nobody but the kernel kills it, for want of memory.
    if ending.code == -signal.SIGKILL or any(word in ending.said for word in _OUT_OF_MEMORY):
        return _too_much(model)
    return f"the runtime crashes when it runs this file ({_signal(-ending.code)})"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"exit code {-number}"


def _in_fresh_process(model: ModelFile) -> str | None:
    """The same where this process cannot be copied; it takes as long as an interpreter needs to start."""
    import sys

    memory = _memory(model) if sys.platform == "linux" else None
    try:
        return run_in_child(reason_to_refuse, model.data, model.name, timeout=_wall(model), memory=memory)
    except ChildTimeoutError:
        why = _endless(model)
    except ChildMemoryError:
        why = _too_much(model)
    except ChildCrashError as error:
        why = f"the runtime crashes when it runs this file ({str(error).splitlines()[0]})"
    raise RunawayModelError(f"{model.name}: {why}. {_ADVICE}")


def reason_to_refuse(data: bytes, name: str) -> str | None:
    """Run in the child."""
    try:
        _run(ModelFile(data, name, check_seal=False))
    except (InterpreterError, MissingExtraError) as error:
        return str(error)
    return None


def _endless(model: ModelFile) -> str:
    return f"it does not end within {_cpu(model)} s of processor time, which is long for its size"


def _too_much(model: ModelFile) -> str:
    return f"it takes more than {_memory(model) / 2**20:,.0f} MiB of memory, which is much for its size"


def _cpu(model: ModelFile) -> int:
    work = model.macs + sum(tensor.elements for tensor in model.main.tensors)
    return _SECONDS + round(work / _PER_SECOND)


def _wall(model: ModelFile) -> float:
    seconds = _cpu(model)
    return max(min(_PATIENCE * seconds, _LONGEST_S), 1.0 * seconds)


def _memory(model: ModelFile) -> int:
    return _MEMORY + _COPIES * (model.size + model.peak_activation_bytes)
