"""What a task is: a model that is ready to answer, and how the built-in and other ones register."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from types import TracebackType
from typing import Any, Protocol, Self

from edgewright.errors import UsageError
from edgewright.model import ModelFile
from edgewright.registry import Registry
from edgewright.task.streaming import Answer

ENTRY_POINTS = "edgewright.tasks"


class Task(Protocol):
    """A model with its meaning: call it with one input for one result, with several for as many.

    `model` is the file, `notices` what had to be understood when it was opened, one sentence each.
    """

    model: ModelFile
    notices: tuple[str, ...]

    def __call__(self, inputs: Any) -> Any:
        """Answer for one input, a list of inputs (a list of results), or an iterator (an iterator of results)."""

    def stream(self, inputs: Iterable[Any], *, workers: int | None = None) -> Generator[Answer[Any, Any], None, None]:
        """Answer for many inputs on all cores, in their order; what cannot be read is an answer with an error."""

    def sibling(self) -> Self:
        """Return the same task with an interpreter of its own, on one thread, over the same verified model."""

    def close(self) -> None:
        """Free the model's memory."""

    def __enter__(self) -> Self:
        """Return the task itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the task."""


TaskFactory = Callable[..., Task]

_tasks: Registry[TaskFactory] = Registry(
    "task", ENTRY_POINTS, {"classification": "edgewright.task.classification:open_classifier"}
)

register_task = _tasks.register
task_names = _tasks.names


def open_task(model: ModelFile, *, task: str | None = None, **options: Any) -> Task:
    """Open a model for its task: the one that is given, else what the file says, else what its shapes say.

    `options` go to the task (see `Classifier.open`).
    Raises `UsageError` where the task is unknown or nothing says what it is.
    """
    name = task or model.metadata.task or _guess(model)
    return _tasks.get(name)(model, **options)


def _guess(model: ModelFile) -> str:
    """A picture in and one row of numbers out is a classifier; anything else could be many things."""
    if len(model.inputs) == 1 and len(model.outputs) == 1 and _is_row(model.outputs[0].shape):
        return "classification"
    ends = f"its {len(model.outputs)} outputs" if len(model.outputs) > 1 else "its output"
    choices = ", ".join(task_names())
    raise UsageError(
        f"{model.name}: the file does not say what it is for, and none of the tasks that are supported "
        f"({choices}) fits {ends}. ew.Interpreter runs it all the same"
    )


def _is_row(shape: tuple[int, ...]) -> bool:
    return len(shape) >= 1 and shape[-1] > 1 and all(size == 1 for size in shape[:-1])
