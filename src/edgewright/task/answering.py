"""What a task and a chain of tasks have in common: they answer for one input, a list, an iterator or a stream."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

import numpy as np

from edgewright.task.streaming import Answer, stream

if TYPE_CHECKING:
    from edgewright.model import ModelFile
    from edgewright.task.inputs.kind import InputKind
    from edgewright.task.numbers.scores import ScoreRange
    from edgewright.task.result import Result

ResultT = TypeVar("ResultT", bound="Result")


class Answering(ABC, Generic[ResultT]):
    """Something that is ready to answer. Not for two threads at once.

    `model` is the file (of a chain the first one), `kind` the name of its task, `input` the kind of input that it
    takes, `labels` all that it can say (empty where nobody named it). `score_range` is the lowest and the highest score
    of its observations, None where those are of any size; `threshold` the least one that was asked for when it was
    opened, None where nobody said one for all labels.
    """

    model: ModelFile
    kind: str
    input: InputKind
    labels: tuple[str, ...]
    score_range: ScoreRange | None = None
    threshold: float | None = None
    _workers: int | None

    @property
    @abstractmethod
    def notices(self) -> tuple[str, ...]:
        """What had to be understood when it was opened, and what its engine has done since; one sentence each."""

    @overload
    def __call__(self, inputs: list[Any] | tuple[Any, ...]) -> list[ResultT]: ...
    @overload
    def __call__(self, inputs: map[Any] | filter[Any] | Generator[Any, Any, Any]) -> Iterator[ResultT]: ...
    @overload
    def __call__(self, inputs: Any) -> ResultT: ...
    def __call__(self, inputs: Any) -> Any:
        """Answer for one input, a list of inputs, or lazily for what an iterator gives.

        What one input may be is said by the kind of input: `task/inputs/`. A picture is a path, bytes, a file object,
        a PIL image, or a uint8 array (height, width[, channels]).
        Raises `DataError` where an input cannot be read.
        """
        if self.input.is_one(inputs) or not isinstance(inputs, Iterable):
            return self._answer(inputs)
        if isinstance(inputs, list | tuple | np.ndarray):
            return [self._answer(source) for source in inputs]
        return map(self._answer, inputs)

    @abstractmethod
    def _answer(self, source: Any) -> ResultT:
        """Answer for one input."""

    def stream(
        self, inputs: Iterable[Any], *, workers: int | None = None
    ) -> Generator[Answer[Any, ResultT], None, None]:
        """Answer for many inputs on all cores, in their order; see `edgewright.task.stream`.

        What cannot be read becomes an answer with an error. `workers` (default: the cores that this process may use; 1
        with delegates) have an interpreter each, on one thread; the task itself can be used meanwhile.
        Raises `UsageError` for less than one worker and for one path in place of inputs.
        """
        return stream(self, inputs, workers=self._workers if workers is None else workers)

    @abstractmethod
    def sibling(self) -> Self:
        """Open the same once more, with an interpreter of its own on one thread; nothing is read again."""

    @abstractmethod
    def close(self) -> None:
        """Free the memory of the model, or models."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def works_alone(task: Answering[Any]) -> bool:
    """Whether one interpreter has to do all the work: a device opens only once, and what is remembered is in one place.

    A stream that is not told how many workers it has knows that itself.
    """
    return task._workers == 1
