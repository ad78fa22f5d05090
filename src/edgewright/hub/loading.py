"""`load`: from a path or a name to a model that answers."""

from __future__ import annotations

import os
from typing import Any

from edgewright.errors import UsageError
from edgewright.model import ModelFile
from edgewright.task import Task, open_task, task_names

Source = str | os.PathLike[str] | bytes | ModelFile


def load(source: Source, *, task: str | None = None, **options: Any) -> Task:
    """Open a model by its path, its bytes or its name (see `names`), for the task that the file says it is for.

    `options` go to the task; for a classifier they are those of `Classifier.open`: labels, normalization, resize, ….
    They go before what the file says of itself.

    Raises `ModelError` for what is no sound model, `UsageError` where the task, the labels or the preparation are
    unknown, and `HubError` for the name of a model that was not fetched yet: nothing is downloaded unasked.
    """
    model = read(source)
    try:
        return open_task(model, task=task, **options)
    except UsageError:
        said = model.metadata.task
        if task is None and said and said not in task_names():
            raise UsageError(_unsupported(model, said)) from None
        raise


def _unsupported(model: ModelFile, task: str) -> str:
    return (
        f"{model.name}: its task is {task}, which is not supported yet. Supported: {', '.join(task_names())}. "
        "ew.Interpreter runs it all the same"
    )


def read(source: Source) -> ModelFile:
    """Read a model by its path, its bytes or its name, without opening it."""
    if isinstance(source, ModelFile):
        return source
    if isinstance(source, str) and _is_name(source):
        from edgewright.hub.getting import locate

        return ModelFile.read(locate(source))
    return ModelFile.read(source)


def _is_name(source: str) -> bool:
    """A word without a suffix or a folder is a name, unless a file is called so."""
    return not any(sign in source for sign in (os.sep, "/", ".")) and not os.path.exists(source)
