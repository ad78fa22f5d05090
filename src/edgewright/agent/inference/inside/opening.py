"""The worker's task: one model, or two in a row. What is wrong with one of them is one line that names its file."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Mapping
from typing import Any

from edgewright.agent.events.sighting import shortened
from edgewright.agent.inference.setup import ModelSetup, Second, WorkerSetup
from edgewright.errors import EdgewrightError, ModelError, UsageError
from edgewright.model import ModelFile
from edgewright.spelling import spelled_as
from edgewright.task import Chain, Decoder, Task, TaskKind, decoder_of, kind_of, open_task

_INPUTS = ("picture", "sound", "series")


def opened_task(setup: WorkerSetup) -> tuple[Task[Any] | Chain, Task[Any]]:
    """Open what answers, and see that it can say what rules want; and the first of it, which is all without a second.

    Raises `UsageError` and `ModelError`.
    """
    first = opened(setup.main)
    task = first if setup.then is None else _chain(first, setup.then, setup.options)
    setup.wanted.check(task)
    return task, first


def opened(one: ModelSetup) -> Task[Any]:
    """Open one of the models by itself. Raises `UsageError` and `ModelError`."""
    try:
        # Options come from a file or from Python, where they are called so: no command has them.
        with spelled_as(None) if one.options else contextlib.nullcontext():
            return open_task(one.model, task=_kind(one.model, one.task, dict(one.options)), **one.options)
    except (EdgewrightError, MemoryError):  # want of memory may pass, with the next process
        raise
    except (TypeError, ValueError) as error:  # an option that the task has not, or of another kind
        traceback.print_exc()
        raise UsageError(f"{one.model.name}: options: {error}") from None
    except Exception as error:  # noqa: BLE001 - somebody's task: whatever it raises
        traceback.print_exc()
        raise ModelError(f"{one.model.name}: its task did not open: {plain(error)}") from None


def unsure_decoder(setup: WorkerSetup) -> Decoder[Any] | None:
    """What decodes the first model's outputs with things that are less sure too; None where nobody wants those.

    A tracker continues with them what it has begun with others. Where a kind knows no threshold, or two models are in
    a row, there are none.
    """
    least, main = setup.wanted.unsure, setup.main
    if least is None or setup.then is not None:
        return None
    options = {**main.options, "threshold": least, "most": None}
    with contextlib.suppress(UsageError, TypeError, ValueError):
        return decoder_of(main.model, task=_kind(main.model, main.task, dict(main.options)), **options)
    return None


def plain(error: Exception) -> str:
    """What was raised, on one line."""
    return str(shortened(" ".join(f"{type(error).__name__}: {error}".split())))


def _kind(model: ModelFile, task: str | None, options: dict[str, Any]) -> TaskKind:
    """The kind of the model's task, which has to be one of what sources give."""
    kind = kind_of(model, task, options, or_tensors=False)
    if kind.input not in _INPUTS:
        raise UsageError(
            f"{model.name}: its task is {kind.name}, which takes no pictures, sounds or series, and nothing else comes "
            "from what can be watched"
        )
    return kind


def _chain(first: Task[Any], then: Second, options: Mapping[str, Any]) -> Chain:
    largest = {"max_pixels": options["max_pixels"]} if options.get("max_pixels") else {}
    return Chain(first, opened(then.model), on=then.on or None, **largest)
