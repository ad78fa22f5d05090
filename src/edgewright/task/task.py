"""A model with its meaning: one class prepares, runs and decodes for every kind of task."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from edgewright.brief import line_of, name
from edgewright.engine import Delegate, Engine, open_engine
from edgewright.errors import DataError, UsageError
from edgewright.media import Prepare, one_line
from edgewright.model import ModelFile
from edgewright.task import kinds
from edgewright.task.answering import Answering, ResultT
from edgewright.task.damage import damage_left, explained_by
from edgewright.task.inputs import input_kind
from edgewright.task.numbers.finite import Finite
from edgewright.task.numbers.quantization import dequantizer
from edgewright.task.options import with_needed

if TYPE_CHECKING:
    from PIL.Image import Image

    from edgewright.media import Placement, Prepared, Tensors, Windows
    from edgewright.task.inputs.kind import InputKind
    from edgewright.task.kind import Decoder, Outputs, TaskKind


_REMEMBERS = "VAR_HANDLE"

_LONGEST_NAME = 60


class Task(Answering[ResultT]):
    """A model that is ready to answer; made by `open_task` or `edgewright.load`. Not for two threads at once.

    `model` is the file, `kind` the name of its task, `input` the kind of input that it takes, `labels` all that it can
    say (empty where nobody named it).
    `score_range` is the lowest and the highest score of its observations, None where those are of any size.

    >>> with ew.load("mobilenet.tflite") as classify:
    ...     print(classify.kind, len(classify.labels))
    ...     for answer in classify.stream(["photo.jpg", "cat.bmp"]):
    ...         print(answer.input, answer.result[0].label)
    classification 1001
    photo.jpg macaw
    cat.bmp Egyptian cat
    """

    def __init__(
        self,
        model: ModelFile,
        kind: str,
        opener: Callable[..., Engine],
        takes: InputKind,
        prepare: Prepare,
        decode: Decoder[ResultT],
        *,
        threads: int = 1,
        workers: int | None = None,
        notices: Sequence[str] = (),
        threshold: float | None = None,
    ) -> None:
        """`opener` makes an engine for a number of threads; `workers`: of a stream, where it is not told how many.

        `notices`: of the preparation; the decoder and the engine have their own. `threshold`: what was asked for.
        """
        self.model = model
        self.kind = kind
        self.input = takes
        self.labels = decode.labels
        self.crop = getattr(decode, "crop", None)
        self.score_range = getattr(decode, "score_range", None)
        self._opener = opener
        self._prepare = prepare
        self._decode = decode
        self.threshold = threshold
        self._workers = workers
        self._engine = opener(threads=threads)
        self._said: tuple[str, ...] = (*getattr(decode, "notices", ()), *notices)
        self._of_engines = dict.fromkeys(_notices(self._engine))
        self._dequantize = [dequantizer(spec) for spec in model.outputs]
        self._finite = Finite(model, decode)

    @property
    def notices(self) -> tuple[str, ...]:
        """What had to be understood when it was opened, and what engines have said since: its own, and siblings'."""
        return (*self._said, *self._of_engines)

    def add_notice(self, text: str) -> None:
        """Have it say something more, of how it was opened."""
        self._said = (*self._said, text)

    def _answer(self, source: Any) -> ResultT:
        prepared = self._prepare(source)  # What is wrong there names the input already.
        try:
            return self._decoded(prepared)
        except DataError as error:
            name = _name_of(source)
            if not name:
                raise
            raise DataError(str(error), where=name) from error

    def with_decoder(self, picture: Any, decode: Decoder[Any]) -> tuple[ResultT, Any]:
        """Answer, and have another decoder say what it makes of the same outputs; the model runs once.

        Where only the other one has no use for them, its result is the task's own.
        """
        prepared = self._prepare(picture)
        outputs = self._outputs(prepared)
        self._finite.check(outputs, prepared)
        result = self._decode(outputs, prepared)
        try:
            return result, decode(outputs, prepared)
        except DataError:
            return result, result

    def on_part(self, picture: Image, part: Placement, original: tuple[int, int]) -> ResultT:
        """Answer for a part of a larger picture; what is found is in pixels of that one, of (height, width) `original`.

        `part` leads from the picture's pixels to those of the larger one. Raises `DataError` as a call does.
        """
        prepared = self._prepare(picture)
        if prepared.placement is not None:
            prepared = prepared._replace(placement=prepared.placement.within(part), original=original)
        return self._decoded(prepared)

    def steps(self, source: Any) -> Iterator[Any]:
        """Answer as a call does, one step after the other, for who measures these.

        Gives the prepared input, then the outputs as real numbers, then the result. Errors are those of a call, but
        only what is wrong with the input itself names it.
        """
        prepared = self._prepare(source)
        yield prepared
        outputs = self._outputs(prepared)
        yield outputs
        self._finite.check(outputs, prepared)
        yield self._decode(outputs, prepared)

    def _decoded(self, prepared: Prepared) -> ResultT:
        outputs = self._outputs(prepared)
        self._finite.check(outputs, prepared)
        return self._decode(outputs, prepared)

    def _outputs(self, prepared: Prepared) -> Outputs:
        """The real numbers of each output; of an input in windows those of all, stacked."""
        if prepared.windows is None:
            return self._run(prepared.tensors)
        of_window = getattr(self._decode, "of_window", _as_they_are)
        windows = prepared.windows
        runs = [of_window(self._run(windows.tensors(number)), windows, number) for number in range(len(windows))]
        return [np.stack(arrays) for arrays in zip(*runs, strict=True)]

    def _run(self, tensors: Tensors) -> list[npt.NDArray[Any]]:
        stored = self._engine.run(tensors)
        self._of_engines.update(dict.fromkeys(_notices(self._engine)))
        return [real(array) for real, array in zip(self._dequantize, stored, strict=True)]

    def sibling(self) -> Self:
        """Open the same task once more, with an interpreter of its own on one thread; nothing is read again."""
        other = type(self)(
            self.model, self.kind, self._opener, self.input, self._prepare, self._decode, threshold=self.threshold
        )
        other._of_engines = self._of_engines
        return other

    def close(self) -> None:
        """Free the model's memory."""
        self._engine.close()

    def __repr__(self) -> str:
        said = f"{len(self.labels):,} labels" if self.labels else ""
        return line_of(self, name(self.model.name), self.kind, said)


def _notices(engine: Engine) -> tuple[str, ...]:
    """What an engine says of how it runs the model; kernels may give up as late as in a run."""
    return getattr(engine, "notices", ())


def _name_of(source: Any) -> str:
    """A file by its path, a text by its beginning, a file object by its name; empty for what has none."""
    if isinstance(source, str):
        name = one_line(source)
        return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
    name = os.fspath(source) if isinstance(source, os.PathLike) else getattr(source, "name", "")
    return one_line(name) if isinstance(name, str) else ""


def _as_they_are(outputs: Outputs, windows: Windows, number: int) -> Outputs:
    return outputs


def open_task(
    model: ModelFile,
    *,
    task: str | TaskKind | None = None,
    engine: str = "litert",
    threads: int = 1,
    delegates: Sequence[Delegate | str | os.PathLike[str]] = (),
    **options: Any,
) -> Task[Any]:
    """Open a model for its task: the one that is given, else what the file says, else what its outputs show.

    `task` is the name of a kind, or a `TaskKind` itself. Where nothing shows what a file is for, it takes and gives
    plain tensors, and says so in a notice.

    `engine`, `threads` and `delegates`: what runs the model, as for `open_engine`. All other options are those of the
    preparation (`task.preparation`: normalization, resize, …) and of the kind (labels, threshold, …); what is given
    here goes before what the file says of itself.

    Raises `UsageError` where the task is unknown, nothing says what it is, or the options do not fit.
    """
    given = {name: value for name, value in options.items() if value is not None}
    damage = damage_left(model, given if task is None else {**given, "task": task})
    with explained_by(damage):
        kind, takes, of_input, given = _apart(model, task, given)
        decode = _named(model, partial(kind.decoder, model, given))
        prepare = takes.preparation(model, with_needed(kinds.needed_options(kind, model), of_input))
    opener = partial(open_engine, model, engine=engine, delegates=delegates)
    # A device such as an Edge TPU can be opened only once, and what a model remembers it remembers in one place.
    alone = bool(delegates) or any(operator.name == _REMEMBERS for operator in model.ops)
    workers = 1 if alone else None
    said = getattr(takes, "notices", None)
    notices = (*_signatures(model), *(said(model, of_input) if said is not None else ()))
    notices += tuple(f"{model.name}: {text}" for text in damage)
    said = {"threads": threads, "workers": workers, "notices": notices, "threshold": _single(given.get("threshold"))}
    return Task(model, kind.name, opener, takes, prepare, decode, **said)


def decoder_of(
    model: ModelFile,
    *,
    task: str | TaskKind | None = None,
    engine: str = "litert",
    threads: int = 1,
    delegates: Sequence[Any] = (),
    **options: Any,
) -> Decoder[Any]:
    """Only the decoder of the task that `open_task` opens with these arguments; nothing is run.

    Raises `UsageError` for options that its kind has not.
    """
    given = {name: value for name, value in options.items() if value is not None}
    kind, _, _, given = _apart(model, task, given)
    return kind.decoder(model, given)


def _apart(
    model: ModelFile, task: str | TaskKind | None, given: dict[str, Any]
) -> tuple[TaskKind, InputKind, dict[str, Any], dict[str, Any]]:
    """The kind of a model's task and that of its input, then the options of the input and those of the task."""
    kind = kinds.kind_of(model, task, given)
    takes = input_kind(kind.input, model)
    of_input = {name: value for name, value in given.items() if name in takes.options}
    return kind, takes, of_input, {name: value for name, value in given.items() if name not in of_input}


def _single(threshold: Any) -> float | None:
    """The threshold of all labels, where it is one number."""
    return float(threshold) if isinstance(threshold, int | float) else None


def _signatures(model: ModelFile) -> tuple[str, ...]:
    """Of a file with several signatures, which one it is."""
    if len(model.signatures) < 2:
        return ()
    from edgewright.rewrite import other_entries  # on the way of few starts

    return other_entries(model)


def _named(model: ModelFile, work: Callable[[], Decoder[Any]]) -> Decoder[Any]:
    """Put the file's name in front of what is wrong with it."""
    try:
        return work()
    except UsageError as error:
        said = str(error)
        raise UsageError(said if said.startswith(f"{model.name}: ") else f"{model.name}: {said}") from None
