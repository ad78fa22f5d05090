"""How the tokenizer that a file describes is made."""

from __future__ import annotations

from edgewright.media.text.tokens import Tokenize
from edgewright.model import BertTokenizerOptions, RegexTokenizerOptions, Tokenizer


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
