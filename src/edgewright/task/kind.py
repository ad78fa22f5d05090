"""What a kind of task is: it recognizes the files that are for it, and makes their outputs mean something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import numpy.typing as npt

from edgewright.media import Prepared
from edgewright.model import ModelFile
from edgewright.task.options import Options
from edgewright.task.result import Result

ResultOut = TypeVar("ResultOut", bound=Result, covariant=True)

Outputs = Sequence[npt.NDArray[Any]]


class Decoder(Protocol[ResultOut]):
    """Makes a result of a model's outputs.

    `labels`: all that it can say, by their index; empty where nobody named them. A decoder may have `notices` as well:
    what had to be understood, one sentence each. Of an input in many windows it may have
    `of_window(outputs, windows, number)`, which makes small ones of the outputs of each window before they are stacked.
    Of things in pictures it may have a `crop`: which part a second model is to see of each, if the caller does not say.

    Outputs that hold NaN or infinity do not reach it, but are an error of the input. Where only some of the numbers
    count, `must_be_numbers(outputs)` gives the arrays that hold no others; where -infinity is a logarithm of 0 to it,
    its `takes_minus_infinity` is true. `score_range`: the lowest and the highest score of its observations, where it
    knows them, so that what can never be reached is refused.
    """

    labels: tuple[str, ...]

    def __call__(self, outputs: Outputs, prepared: Prepared) -> ResultOut:
        """Decode the outputs in the file's order, real numbers already, of one prepared input.

        Raises `DataError` where they make no sense.
        """


class TaskKind(Protocol):
    """A kind of task, one file in `task/kinds/`, or an object that another package names in `edgewright.tasks`.

    `name` is what `--task` calls it; `input` which preparation it wants ("picture"). It opens no engine, reads no
    input and holds nothing between two of them.

    A kind may have a method `input_options(model)` as well: options of the preparation that its files need, which hold
    where the caller says nothing else (`task.options.unsaid` leaves out what the file says itself).
    A kind of ours may have two methods more, for files that show too little: `yields(model, options)`, whether what the
    caller says of a file that it recognizes makes it one of another kind, and `told(model, options)`, why a file that
    none recognizes is of this kind then.
    """

    name: str
    input: str

    def recognize(self, model: ModelFile) -> str | None:
        """Why this file is of this kind, in a few words; None where it is not. Nothing is run for that."""

    def decoder(self, model: ModelFile, options: Options) -> Decoder[Result]:
        """Make the decoder of a file; `options` are those that the kind has (`task.only` refuses others).

        Raises `UsageError` where the outputs, labels or options do not fit.
        """
