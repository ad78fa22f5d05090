"""Many inputs through tasks that a crew has opened: the answers are those that `stream` gives, in their order."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from edgewright.errors import DataError, UsageError
from edgewright.machine import Crew, Progress
from edgewright.model import ModelFile
from edgewright.task.elsewhere.sent import pieces
from edgewright.task.result import Result
from edgewright.task.streaming import Answer
from edgewright.task.task import Task, open_task

_ANSWER = "edgewright.task.elsewhere.crewed:answer"

# Kinds of inputs for which a text is the path of a file.
_OF_FILES = frozenset({"picture", "sound", "series"})

Results = tuple[Result, ...]


class Opening(NamedTuple):
    """A model, and the options of `open_task` for it."""

    model: ModelFile
    options: Mapping[str, Any]


def stream_on(
    crew: Crew, tasks: Sequence[Opening], inputs: Iterable[Any], *, takes: str
) -> Generator[Answer[Any, Results], None, None]:
    """Answer for all inputs, in their order, by each of the tasks; an input that one cannot read has an error.

    `takes` is the name of their kind of inputs. Files are read here and sent, a few at a time. Raises `UsageError` for
    options or inputs that cannot be sent, and what `Crew.call_each` raises.
    """
    options = _pickled([(task.model.name, dict(task.options)) for task in tasks])
    files = {str(place): task.model.data for place, task in enumerate(tasks)}
    waiting: deque[Any] = deque()

    def each() -> Iterator[dict[str, bytes]]:
        for piece in pieces(_noted(inputs, waiting), files=takes in _OF_FILES):
            yield {"options": options, "inputs": _pickled(piece)}

    for answers in crew.call_each(_ANSWER, each(), files):
        for said in pickle.loads(answers):  # noqa: S301 - what our own workers said
            source = waiting.popleft()
            yield Answer(source, error=DataError(said)) if isinstance(said, str) else Answer(source, result=said)


def answer(arguments: Mapping[str, Any], files: Mapping[str, Path], progress: Progress) -> bytes:
    """What the tasks say of each input, for a worker: their results, or the text of an error."""
    tasks = _opened(arguments["options"], tuple(files[str(place)] for place in range(len(files))))
    inputs = pickle.loads(arguments["inputs"])  # noqa: S301 - what was sent by `stream_on`
    return pickle.dumps([_answered(tasks, source) for source in inputs], pickle.HIGHEST_PROTOCOL)


def _noted(inputs: Iterable[Any], waiting: deque[Any]) -> Iterator[Any]:
    for source in inputs:
        waiting.append(source)
        yield source


def _pickled(value: Any) -> bytes:
    try:
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError) as problem:
        raise UsageError(f"the inputs and options cannot be sent to other machines: {problem}") from None


@lru_cache(maxsize=1)  # one set of models after the other; the names of files are those of their contents
def _opened(options: bytes, paths: Sequence[Path]) -> list[Task[Any]]:
    named = pickle.loads(options)  # noqa: S301 - what was sent by `stream_on`
    return [
        open_task(ModelFile(path.read_bytes(), name), **given)
        for path, (name, given) in zip(paths, named, strict=True)
    ]  # fmt: skip


def _answered(tasks: Sequence[Task[Any]], source: Any) -> Results | str:
    try:
        return tuple(task(source) for task in tasks)
    except DataError as error:
        return str(error)
