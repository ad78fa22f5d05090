"""A file's first run, in a process that it may kill: what the checks of a file cannot know is tried out there.

A file that has passed is remembered, with this runtime, so every later start costs the look for one file.
"""

from __future__ import annotations

from edgewright.engine import trial_record
from edgewright.engine.runtime import load_runtime
from edgewright.errors import InterpreterError
from edgewright.model import ModelFile


def try_out(model: ModelFile, *, delegates: bool = False) -> None:
    """Run a file once in another process, unless this installation has done so before.

    With `delegates` it is not known what of the file is LiteRT's to run, so what LiteRT refuses is no reason to stop.
    Raises `RunawayModelError` where it crashes there, does not end, or takes more memory than its size explains, and
    `InterpreterError` where LiteRT refuses it.
    """
    runtime = load_runtime()
    if trial_record.is_known(model, runtime):
        return
    from edgewright.engine.trial_process import run_once  # on the way of no start but the first

    refused = run_once(model)
    if refused is None:
        trial_record.add(model, runtime)
    elif not delegates:
        raise InterpreterError(refused)
