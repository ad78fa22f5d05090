"""The regex tokenizer: words between matches of a pattern, in the case in which they are written.

Source: `RegexTokenizer` and its preprocessor in MediaPipe and in the TensorFlow Lite Task Library.
"""

from __future__ import annotations

from collections.abc import Iterator

from edgewright.media.text.patterns import delimiter
from edgewright.media.text.tokens import Tokens
from edgewright.media.text.vocabulary import read_vocabulary

PAD, START, UNKNOWN = "<PAD>", "<START>", "<UNKNOWN>"

PATTERN = r"[^\w\']+"
"""What stands between words where nobody says it: all but ASCII letters, digits, underscores and apostrophes."""


class RegexTokenizer:
    """Looks words up. <START> goes in front where the vocabulary has it; a word that is not in it is <UNKNOWN>, or 0.

    `lowercase`: texts become lower case first, which no file can ask for.
    """

    def __init__(self, pattern: str, vocabulary: bytes, *, lowercase: bool = False) -> None:
        """Raises `UsageError` where the vocabulary or the pattern cannot be used."""
        self._delimiter = delimiter(pattern)
        self._ids = read_vocabulary(vocabulary).ids
        self._start = [self._ids[START]] if START in self._ids else []
        self._unknown = self._ids.get(UNKNOWN, 0)
        self._lowercase = lowercase
        self.pad = self._ids.get(PAD, 0)
        self.largest = max(self._ids.values())

    def __call__(self, text: str, most: int) -> Tokens:
        """Look up words until there are no more, or no more are taken."""
        ids = list(self._start)
        for word in self._words(text.lower() if self._lowercase else text):
            if len(ids) >= most:
                return Tokens(ids[:most], whole=False)
            ids.append(self._ids.get(word, self._unknown))
        return Tokens(ids, whole=True)

    def _words(self, text: str) -> Iterator[str]:
        end = 0
        for between in self._delimiter.finditer(text):
            if between.start() > end:
                yield text[end : between.start()]
            end = between.end()
        if end < len(text):
            yield text[end:]
