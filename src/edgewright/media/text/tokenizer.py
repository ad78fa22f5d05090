"""What a tokenizer is, and how the one of a model is made."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from edgewright.model import BertTokenizerOptions, RegexTokenizerOptions, Tokenizer


class Tokens(NamedTuple):
    """What a text becomes: the numbers, at most as many as were asked for. `whole`: there were no more."""

    ids: list[int]
    whole: bool


class Tokenize(Protocol):
    """Makes tokens of texts. `pad` stands for nothing; `largest` is the highest number that it gives."""

    pad: int
    largest: int

    def __call__(self, text: str, most: int) -> Tokens:
        """Turn a text into at most `most` numbers, with those that begin and end it."""


def tokenizer_of(said: Tokenizer, lowercase: bool | None = None) -> Tokenize:
    """Make the tokenizer that a file describes; `lowercase` goes before what its vocabulary looks like.

    Raises `UsageError` where the vocabulary or the pattern cannot be used, and `MissingExtraError` without the package
    SentencePiece where that is needed.
    """
    if isinstance(said, RegexTokenizerOptions):
        from edgewright.media.text.regex import RegexTokenizer

        return RegexTokenizer(said.delim_regex_pattern, said.vocabulary, lowercase=bool(lowercase))
    if isinstance(said, BertTokenizerOptions):
        from edgewright.media.text.wordpiece import WordPiece

        return WordPiece(said.vocabulary, lowercase=lowercase)
    from edgewright.media.text.sentencepiece import SentencePiece

    return SentencePiece(said.model)
