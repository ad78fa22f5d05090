"""What a kind of input is: what people have, and how it becomes what a model takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from edgewright.media import Prepare
from edgewright.model import ModelFile
from edgewright.task.options import Options


class InputKind(Protocol):
    """A kind of input, one file in `task/inputs/`, or an object that another package names in `edgewright.inputs`.

    `name` is what kinds of tasks call it ("picture"), `plural` what people call several of them; `options` are the
    names of what a caller may say of the preparation. It may have a method `notices(model, options)` as well: what of
    the preparation its user should know, one sentence each; and a method `left_out(words)`: what to say of files that
    `find` passes over although people would take them for such inputs, None where there are none. Where inputs are
    files, `suffixes` are those that `find` looks for in folders, in lower case with the dot.
    """

    name: str
    plural: str
    options: frozenset[str]

    def preparation(self, model: ModelFile, options: Options) -> Prepare:
        """Work out how an input becomes what the model takes: what the options say, then what the file says.

        Raises `UsageError` where the model has other inputs, or nothing says how they are prepared.
        """

    def is_one(self, value: object) -> bool:
        """Whether a value is one input, although it may be iterated over; a sequence of inputs is not."""

    def find(self, words: Sequence[str]) -> Iterable[Any]:
        """The inputs that a person means by the words of a command line: files, folders, patterns, …."""
