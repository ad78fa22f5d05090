"""BERT's tokenizer: words and signs, and each word as the longest pieces that the vocabulary has.

Source: Devlin et al. 2018 (arXiv 1810.04805) and its published `tokenization.py`; where that and today's programs
differ (characters that are no Unicode text, the longest word), today's are followed.
"""

from __future__ import annotations

import re
import unicodedata

from edgewright.errors import UsageError
from edgewright.media.text.tokens import Tokens
from edgewright.media.text.vocabulary import read_vocabulary

UNKNOWN, BEGIN, END, PAD = "[UNK]", "[CLS]", "[SEP]", "[PAD]"

_LONGEST_WORD = 100
_CONTINUED = "##"

# Control characters, marks of direction and the like, private use, halves of surrogate pairs.
_NO_TEXT = frozenset(("Cc", "Cf", "Co", "Cs"))

# Blocks of Chinese characters, which are written without blanks: each is a word. Source: BERT's `tokenization.py`.
_CHINESE = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class _Characters(dict[int, str]):
    """What each character becomes, for `str.translate`: worked out when it first occurs."""

    def __init__(self, lowercase: bool) -> None:
        self._lowercase = lowercase

    def __missing__(self, number: int) -> str:
        char = chr(number)
        self[number] = made = self._made(char)
        return made

    def _made(self, char: str) -> str:
        """Nothing, a blank, or the character in small letters without accents, with blanks around what is a word."""
        dropped = unicodedata.category(char) in _NO_TEXT or char == "\ufffd"
        if char in "\t\n\r" or (char.isspace() and not dropped):
            return " "
        if dropped:
            return ""
        parts = _without_accents(char) if self._lowercase else char
        spaced = "".join(f" {part} " if _is_sign(part) else part for part in parts)
        return f" {spaced} " if _is_chinese(char) else spaced


class WordPiece:
    """Makes [CLS], the pieces and [SEP] of a text.

    `lowercase`: small letters without accents; without it, that is so where the vocabulary has no capitals.
    """

    def __init__(self, vocabulary: bytes, *, lowercase: bool | None = None) -> None:
        """Raises `UsageError` where the vocabulary is none of this kind."""
        read = read_vocabulary(vocabulary)
        missing = [name for name in (UNKNOWN, BEGIN, END) if name not in read.ids]
        if missing:
            raise UsageError(f"the vocabulary is none of BERT's kind: there is no {', no '.join(missing)} in it")
        self._ids = ids = read.ids
        self._unknown, self._begin, self._end = ids[UNKNOWN], ids[BEGIN], ids[END]
        self._characters = _Characters(_has_no_capitals(vocabulary) if lowercase is None else lowercase)
        self._longest = max(map(len, ids))
        self.pad = ids.get(PAD, 0)
        self.largest = read.largest

    def __call__(self, text: str, most: int) -> Tokens:
        """Cut words into pieces until there are no more, or no more are taken."""
        words = text.translate(self._characters).split(" ")
        ids, room = [self._begin], max(most - 2, 0) + 1
        for word in filter(None, words):
            ids += self._pieces(word)
            if len(ids) > room:
                break
        return Tokens([*ids[:room], self._end][:most], whole=len(ids) <= room)

    def _pieces(self, word: str) -> list[int]:
        """The numbers of a word's pieces, each the longest that fits; [UNK] alone where none does."""
        whole = self._ids.get(word)
        if whole is not None and len(word) <= _LONGEST_WORD:
            return [whole]
        if len(word) > _LONGEST_WORD:
            return [self._unknown]
        found: list[int] = []
        start = 0
        while start < len(word):
            prefix = _CONTINUED if start else ""
            for end in range(min(len(word), start + self._longest), start, -1):
                piece = self._ids.get(prefix + word[start:end])
                if piece is not None:
                    break
            else:
                return [self._unknown]
            found.append(piece)
            start = end
        return found


def _without_accents(char: str) -> str:
    parts = unicodedata.normalize("NFD", char)
    return "".join(part.lower() for part in parts if unicodedata.category(part) != "Mn")


def _is_sign(char: str) -> bool:
    """Punctuation, and all other signs of ASCII."""
    return unicodedata.category(char).startswith("P") or (char.isascii() and not char.isalnum() and char != " ")


def _is_chinese(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in _CHINESE)


def _has_no_capitals(vocabulary: bytes) -> bool:
    """Names in brackets, such as [CLS], say nothing; most other pieces of a vocabulary with capitals have some."""
    words = re.sub(rb"(?m)^\[.*\]\r?$", b"", vocabulary)
    return words == words.lower()
