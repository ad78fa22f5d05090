"""Texts: from words of a command line and strings of a program to a model's one input, or BERT's three."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from edgewright.errors import UsageError
from edgewright.model import ModelFile, TensorSpec
from edgewright.spelling import argument
from edgewright.task.options import Options

if TYPE_CHECKING:
    from edgewright.media import Prepare, Tokenize
    from edgewright.model import Tokenizer

# BERT's inputs by what their names have in them, and in the order of the standard where names say nothing.
_NAMED = {"mask": "mask", "segment": "segments", "type": "segments", "ids": "ids", "token": "ids", "word": "ids"}
_IN_ORDER = ("ids", "mask", "segments")

# Operators that look numbers up in a table, and which of their inputs those numbers are.
_LOOKING_UP = {"GATHER": 1, "EMBEDDING_LOOKUP": 0}
_PASSING_ON = frozenset({"CAST", "RESHAPE", "SQUEEZE", "EXPAND_DIMS"})
_WHOLE_NUMBERS = ("int32", "int64")


class _Kind:
    """A text is a string."""

    name = "text"
    plural = "texts"
    options = frozenset({"vocabulary", "lowercase"})

    def preparation(self, model: ModelFile, options: Options) -> Prepare:
        """Work out how a text becomes tokens, and which of the inputs takes what of them.

        Options: vocabulary, a file with the words and their numbers, where the model has none inside, or in place of
        that; lowercase, whether texts become lower case first.
        """
        from edgewright.media import TextPreparation, tokenizer_of

        inputs = _by_role(model)
        if not {"ids"} <= inputs.keys():
            raise UsageError(f"{model.name}: a model of texts takes the numbers of words; none of its inputs does")
        said = _tokenizer(model, options.get("vocabulary"))
        try:
            tokenize = tokenizer_of(said, options.get("lowercase"))
        except UsageError as error:
            raise UsageError(f"{model.name}: {error}") from None
        _check_table(model, inputs["ids"], tokenize)
        return TextPreparation(tokenize, **inputs)

    def is_one(self, value: object) -> bool:
        """Also what is none, so that it is refused as a whole."""
        return isinstance(value, str | bytes | bytearray | Mapping)

    def find(self, words: Sequence[str]) -> Iterable[str]:
        """Each word is a text; of files, and for "-" of standard input, each line."""
        from edgewright.media import find_texts

        return find_texts(words)


KIND = _Kind()


def takes_text(model: ModelFile) -> bool:
    """Whether a model takes the numbers of words: it says so, or looks whole numbers up in a table first."""
    if not model.inputs or not all(_is_row_of_numbers(spec) for spec in model.inputs):
        return False
    return model.metadata.tokenizer is not None or any(_table(model, spec) is not None for spec in model.inputs)


def _is_row_of_numbers(spec: TensorSpec) -> bool:
    return spec.dtype in _WHOLE_NUMBERS and len(spec.shape) >= 1 and all(size == 1 for size in spec.shape[:-1])


def _by_role(model: ModelFile) -> dict[str, TensorSpec]:
    """Which input takes the numbers, which the mask, which the segments: by their names, else in the usual order."""
    if len(model.inputs) == 1:
        return {"ids": model.inputs[0]} if _is_row_of_numbers(model.inputs[0]) else {}
    roles = [_role(model, place) for place in range(len(model.inputs))]
    if len(set(roles)) < len(roles) or None in roles:
        roles = list(_IN_ORDER[: len(model.inputs)])
    if len(roles) != len(model.inputs):
        names = ", ".join(spec.name for spec in model.inputs)
        raise UsageError(f"{model.name}: {len(model.inputs)} inputs ({names}); a model of texts has 1 to 3")
    return dict(zip(map(str, roles), model.inputs, strict=True))


def _role(model: ModelFile, place: int) -> str | None:
    said = model.metadata.inputs
    own = said[place].name if place < len(said) else ""
    names = f"{own} {model.inputs[place].name}".lower()
    return next((role for part, role in _NAMED.items() if part in names), None)


def _tokenizer(model: ModelFile, vocabulary: str | os.PathLike[str] | None) -> Tokenizer:
    """What the caller gives, with what the file says of the kind; else what the file says."""
    own = model.metadata.tokenizer
    if vocabulary is not None:
        return _of_file(vocabulary, own)
    if own is None:
        raise UsageError(
            f"{model.name}: nothing in the file says how a text becomes numbers. Give the file with its words: "
            f"{argument('vocabulary', 'FILE')}"
        )
    return own


def _of_file(path: str | os.PathLike[str], own: Tokenizer | None) -> Tokenizer:
    """A tokenizer of the kind that a vocabulary is for, which it shows."""
    from edgewright.media import PATTERN
    from edgewright.model import BertTokenizerOptions, RegexTokenizerOptions, SentencePieceTokenizerOptions

    content = _content(path)
    if b"\0" in content or b"\x1a" in content:
        return SentencePieceTokenizerOptions(model=content)
    if b"[UNK]" in content and b"[CLS]" in content:
        return BertTokenizerOptions(vocabulary=content)
    pattern = own.delim_regex_pattern if isinstance(own, RegexTokenizerOptions) else PATTERN
    return RegexTokenizerOptions(delim_regex_pattern=pattern, vocabulary=content)


def _content(path: str | os.PathLike[str]) -> bytes:
    from pathlib import Path

    from edgewright.model import MOST_VOCABULARY_BYTES

    try:
        with Path(path).open("rb") as file:
            content = file.read(MOST_VOCABULARY_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(f"{os.fspath(path)}: there is no such vocabulary. It holds one word a line") from None
    except OSError as error:
        raise UsageError(f"{os.fspath(path)}: the vocabulary cannot be read: {error.strerror}") from None
    if not 0 < len(content) <= MOST_VOCABULARY_BYTES:
        raise UsageError(
            f"{os.fspath(path)}: a vocabulary has 1 to {MOST_VOCABULARY_BYTES:,} bytes, and this file has "
            f"{'none' if not content else 'more'}"
        )
    return content


def _check_table(model: ModelFile, ids: TensorSpec, tokenize: Tokenize) -> None:
    """Numbers outside of the model's table read what lies behind it, or stop the run."""
    table = _table(model, ids)
    if table is not None and tokenize.largest >= table.shape[0]:
        raise UsageError(
            f"{model.name}: the vocabulary has numbers up to {tokenize.largest:,}, and the model knows those up to "
            f"{table.shape[0] - 1:,}. Is it the vocabulary of another model?"
        )


def _table(model: ModelFile, spec: TensorSpec) -> TensorSpec | None:
    """The table in which the numbers of an input are looked up; None where they are not."""
    reached = {spec.index}
    for operator in model.ops:
        if operator.name in _PASSING_ON and operator.inputs[0] in reached:
            reached.update(operator.outputs)
        place = _LOOKING_UP.get(operator.name)
        if place is not None and operator.inputs[place] in reached:
            return model.main.tensors[operator.inputs[1 - place]]
    return None
