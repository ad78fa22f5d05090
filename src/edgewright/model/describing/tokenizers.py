"""How a text becomes the numbers of a model's inputs, as its file says: the kind of tokenizer and its vocabulary.

The standard has three kinds. Most files say it of their one input; BERT's stands over three (ids, mask, segment ids),
so it is said of the whole model. Source: `ProcessUnitOptions` of TensorFlow Lite Metadata.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from edgewright.errors import MetadataError
from edgewright.model.describing.label_files import Files, free_name
from edgewright.model.describing.schema import ASSOCIATED_FILE_TYPES
from edgewright.model.storage.flatbuffer import Table

# The largest published vocabularies, of a hundred languages, take 5 MB.
MOST_VOCABULARY_BYTES = 64 << 20
LONGEST_PATTERN = 200

_VOCABULARY = ASSOCIATED_FILE_TYPES.index("VOCABULARY")


@dataclass(frozen=True, kw_only=True)
class RegexTokenizerOptions:
    """Words are what stands between matches of `delim_regex_pattern`, in the syntax of RE2.

    `vocabulary` is a file with a word and its number in each line. The words <START>, <UNKNOWN> and <PAD> stand for the
    beginning, for words that are not in it, and for nothing.
    """

    delim_regex_pattern: str
    vocabulary: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Raise `MetadataError` where there is no pattern, or something is too long."""
        _check_vocabulary(self.vocabulary)
        if not 0 < len(self.delim_regex_pattern) <= LONGEST_PATTERN:
            raise MetadataError(
                f"the pattern between words has {len(self.delim_regex_pattern):,} characters; 1 to {LONGEST_PATTERN:,} "
                "are possible"
            )


@dataclass(frozen=True, kw_only=True)
class BertTokenizerOptions:
    """Words and pieces of words. `vocabulary` is a file with one a line, whose number is that of its line from 0."""

    vocabulary: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Raise `MetadataError` where the vocabulary is empty or too long."""
        _check_vocabulary(self.vocabulary)


@dataclass(frozen=True, kw_only=True)
class SentencePieceTokenizerOptions:
    """Pieces of text as the library SentencePiece cuts it; `model` is the file that it reads."""

    model: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Raise `MetadataError` where the model is empty or too long."""
        _check_vocabulary(self.model)


# What people call them.
_CALLED = {
    "RegexTokenizerOptions": "regex", "BertTokenizerOptions": "BERT", "SentencePieceTokenizerOptions": "SentencePiece",
}  # fmt: skip

Tokenizer = RegexTokenizerOptions | BertTokenizerOptions | SentencePieceTokenizerOptions

# For each kind: its values' field that is a file, and the standard's field for that.
_FILES = {
    "RegexTokenizerOptions": ("vocabulary", "vocab_file"),
    "BertTokenizerOptions": ("vocabulary", "vocab_file"),
    "SentencePieceTokenizerOptions": ("model", "sentence_piece_model"),
}
_KINDS: Mapping[str, type[Any]] = {
    kind.__name__: kind for kind in (RegexTokenizerOptions, BertTokenizerOptions, SentencePieceTokenizerOptions)
}


def tokenizer_facts(tokenizer: Tokenizer) -> dict[str, Any]:
    """Plain values for JSON and for people: its kind, the bytes of its vocabulary, and a regex's pattern."""
    kind = type(tokenizer).__name__
    facts: dict[str, Any] = {"kind": _CALLED[kind], "vocabulary_bytes": len(getattr(tokenizer, _FILES[kind][0]))}
    pattern = {"pattern": tokenizer.delim_regex_pattern} if isinstance(tokenizer, RegexTokenizerOptions) else {}
    return facts | pattern


def read_tokenizer(subgraph: Table, files: Files) -> Tokenizer | None:
    """The tokenizer of a model's inputs. Raises `MetadataError` where its files are missing, or what it says is not."""
    for _, (kind, said) in _units(subgraph):
        inner, outer = _FILES[kind]
        values: dict[str, Any] = {inner: _content(said[outer], files, kind)}
        if kind == "RegexTokenizerOptions":
            values["delim_regex_pattern"] = said["delim_regex_pattern"] or ""
        tokenizer: Tokenizer = _KINDS[kind](**values)
        return tokenizer
    return None


def write_tokenizer(tokenizer: Tokenizer | None, subgraph: Table, files: dict[str, bytes]) -> None:
    """Put a tokenizer into the tables of a model, in place of the one that is there; `files` gets its file."""
    if tokenizer == _readable(subgraph, files):
        return
    old = [named["name"] for _, (kind, said) in _units(subgraph) for named in said[_FILES[kind][1]] or ()]
    for place, key in _places(subgraph):
        place[key] = [unit for unit in place.get(key) or () if not _is_tokenizer(unit)] or None
    for name in old:
        files.pop(name, None)
    if tokenizer is not None:
        place, key = _home(tokenizer, subgraph)
        place[key] = [*(place.get(key) or ()), {"options": _unit(tokenizer, files, old)}]


def _readable(subgraph: Table, files: Files) -> Tokenizer | None:
    """The tokenizer that is there, unless it makes no sense."""
    try:
        return read_tokenizer(subgraph, files)
    except MetadataError:
        return None


def _unit(tokenizer: Tokenizer, files: dict[str, bytes], old: list[str]) -> tuple[str, Table]:
    kind = type(tokenizer).__name__
    inner, outer = _FILES[kind]
    suggested = "sentencepiece.model" if inner == "model" else "vocab.txt"
    name = old[0] if old else free_name(suggested, files)
    files[name] = getattr(tokenizer, inner)
    named = {"name": name, "description": "Vocabulary of the tokenizer.", "type": _VOCABULARY}
    pattern = {"delim_regex_pattern": tokenizer.delim_regex_pattern} if _is_regex(tokenizer) else {}  # type: ignore[union-attr]
    return kind, {**pattern, outer: [named]}


def _is_regex(tokenizer: Tokenizer) -> bool:
    return isinstance(tokenizer, RegexTokenizerOptions)


def _home(tokenizer: Tokenizer, subgraph: Table) -> tuple[Table, str]:
    """Where the standard's readers look for it: a regex at the input, the others over all inputs."""
    inputs = subgraph.get("input_tensor_metadata")
    return (inputs[0], "process_units") if inputs and _is_regex(tokenizer) else (subgraph, "input_process_units")


def _places(subgraph: Table) -> Iterator[tuple[Table, str]]:
    yield subgraph, "input_process_units"
    for tensor in subgraph.get("input_tensor_metadata") or ():
        yield tensor, "process_units"


def _units(subgraph: Table) -> Iterator[tuple[Table, tuple[str, Table]]]:
    """The units that are tokenizers: the unit, and the name of its kind with what it says."""
    for place, key in _places(subgraph):
        for unit in place.get(key) or ():
            if _is_tokenizer(unit):
                yield unit, unit["options"]


def _is_tokenizer(unit: Table) -> bool:
    return bool(unit["options"]) and unit["options"][0] in _FILES


def _content(named: Any, files: Files, kind: str) -> bytes:
    name = named[0]["name"] if named else None
    if name is None or name not in files:
        raise MetadataError(
            f"the {kind} of the metadata name the file {name!r}, and the model carries {sorted(files) or 'none'}"
        )
    return files[name]


def _check_vocabulary(content: bytes) -> None:
    if not 0 < len(content) <= MOST_VOCABULARY_BYTES:
        raise MetadataError(
            f"the vocabulary of the tokenizer has {len(content):,} bytes; 1 to {MOST_VOCABULARY_BYTES:,} are possible"
        )
