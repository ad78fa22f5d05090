"""A model with its meaning: one class prepares, runs and decodes for every kind of task."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

import numpy as np

from edgewright.engine import Delegate, Engine, open_engine
from edgewright.errors import UsageError
from edgewright.media import Prepare
from edgewright.model import ModelFile
from edgewright.task import kinds
from edgewright.task.preparing import OPTIONS, preparation
from edgewright.task.quantization import dequantizer
from edgewright.task.streaming import Answer, stream

if TYPE_CHECKING:
    from edgewright.task.kind import Decoder
    from edgewright.task.result import Result

ResultT = TypeVar("ResultT", bound="Result")


class Task(Generic[ResultT]):
    """A model that is ready to answer; made by `open_task` or `edgewright.load`. Not for two threads at once.

    `model` is the file, `kind` the name of its task, `labels` all that it can say (empty where nobody named it),
    `notices` what had to be understood when it was opened, one sentence each.
    """

    def __init__(
        self,
        model: ModelFile,
        kind: str,
        opener: Callable[..., Engine],
        prepare: Prepare,
        decode: Decoder[ResultT],
        *,
        threads: int = 1,
        workers: int | None = None,
    ) -> None:
        """`opener` makes an engine for a number of threads; `workers`: of a stream, where it is not told how many."""
        self.model = model
        self.kind = kind
        self.labels = decode.labels
        self.notices: tuple[str, ...] = tuple(getattr(decode, "notices", ()))
        self._opener = opener
        self._prepare = prepare
        self._decode = decode
        self._workers = workers
        self._engine = opener(threads=threads)
        self._dequantize = [dequantizer(spec) for spec in model.outputs]

    @overload
    def __call__(self, inputs: list[Any] | tuple[Any, ...]) -> list[ResultT]: ...
    @overload
    def __call__(self, inputs: map[Any] | filter[Any] | Generator[Any, Any, Any]) -> Iterator[ResultT]: ...
    @overload
    def __call__(self, inputs: Any) -> ResultT: ...
    def __call__(self, inputs: Any) -> Any:
        """Answer for one input, a list of inputs, or lazily for what an iterator gives.

        A picture is a path, bytes, a file object, a PIL image, or a uint8 array (height, width[, channels]).
        Raises `DataError` where an input cannot be read.
        """
        if isinstance(inputs, list | tuple) or (isinstance(inputs, np.ndarray) and inputs.ndim == 4):
            return [self._answer(source) for source in inputs]
        if isinstance(inputs, Iterable) and not _is_one(inputs):
            return map(self._answer, inputs)
        return self._answer(inputs)

    def _answer(self, source: Any) -> ResultT:
        prepared = self._prepare(source)
        stored = self._engine.run(prepared.tensors)
        return self._decode([real(array) for real, array in zip(self._dequantize, stored, strict=True)], prepared)

    def stream(
        self, inputs: Iterable[Any], *, workers: int | None = None
    ) -> Generator[Answer[Any, ResultT], None, None]:
        """Answer for many inputs on all cores, in their order; see `edgewright.task.stream`.

        What cannot be read becomes an answer with an error. `workers` (default: the cores that this process may use; 1
        with delegates) have an interpreter each, on one thread; the task itself can be used meanwhile.
        Raises `UsageError` for less than one worker and for one path in place of inputs.
        """
        return stream(self, inputs, workers=self._workers if workers is None else workers)

    def sibling(self) -> Self:
        """Open the same task once more, with an interpreter of its own on one thread; nothing is read again."""
        return type(self)(self.model, self.kind, self._opener, self._prepare, self._decode)

    def close(self) -> None:
        """Free the model's memory."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        said = f", {len(self.labels):,} labels" if self.labels else ""
        return f"Task({self.model.name!r}, {self.kind}{said})"


def open_task(
    model: ModelFile,
    *,
    task: str | None = None,
    engine: str = "litert",
    threads: int = 1,
    delegates: Sequence[Delegate | str | os.PathLike[str]] = (),
    **options: Any,
) -> Task[Any]:
    """Open a model for its task: the one that is given, else what the file says, else what its outputs show.

    `engine`, `threads` and `delegates`: what runs the model, as for `open_engine`. All other options are those of the
    preparation (`task.preparation`: normalization, resize, …) and of the kind (labels, threshold, …); what is given
    here goes before what the file says of itself.

    Raises `UsageError` where the task is unknown, nothing says what it is, or the options do not fit.
    """
    kind = kinds.kind_of(model, task)
    given = {name: value for name, value in options.items() if value is not None}
    of_input = {name: given.pop(name) for name in OPTIONS.get(kind.input, ()) if name in given}
    decode = _named(model, partial(kind.decoder, model, given))
    prepare = preparation(model, kind.input, of_input)
    opener = partial(open_engine, model, engine=engine, delegates=delegates)
    # A device such as an Edge TPU can be opened only once.
    return Task(model, kind.name, opener, prepare, decode, threads=threads, workers=1 if delegates else None)


def _named(model: ModelFile, work: Callable[[], Decoder[Any]]) -> Decoder[Any]:
    """Put the file's name in front of what is wrong with it."""
    try:
        return work()
    except UsageError as error:
        said = str(error)
        raise UsageError(said if said.startswith(f"{model.name}: ") else f"{model.name}: {said}") from None


def _is_one(inputs: object) -> bool:
    """Whether something that can be iterated over is itself one input."""
    return isinstance(inputs, str | bytes | bytearray | memoryview | os.PathLike | np.ndarray) or hasattr(
        inputs, "read"
    )
