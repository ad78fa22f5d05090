"""BERT's tokenizer: what each character becomes, and words in the longest pieces of the vocabulary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import UsageError
from edgewright.media import tokenizer_of
from edgewright.media.text.wordpiece import WordPiece
from edgewright.model import BertTokenizerOptions

WORDS = (
    "[PAD] [UNK] [CLS] [SEP] un ##aff ##able ##a hello world ! , $ 中 文 uber σος i ##b ##ber ##cafe caf cafe ; ff 🙂"
).split()
UNKNOWN, BEGIN, END = 1, 2, 3


def vocabulary(words: list[str]) -> bytes:
    return "".join(f"{word}\n" for word in words).encode()


def pieces(text: str, words: list[str] = WORDS, **options: bool) -> list[str]:
    ids = WordPiece(vocabulary(words), **options)(text, 512).ids
    assert (ids[0], ids[-1]) == (BEGIN, END)
    return [words[number] for number in ids[1:-1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("unaffable", ["un", "##aff", "##able"]),
        ("Hello, WORLD!", ["hello", ",", "world", "!"]),
        ("hello$world", ["hello", "$", "world"]),
        ("中文hello", ["中", "文", "hello"]),
        ("Über", ["uber"]),
        ("U\u0308ber", ["uber"]),
        ("Café", ["cafe"]),
        ("ΣΟΣ", ["[UNK]"]),  # each letter by itself becomes small, so the last is no ς
        ("İ", ["i"]),
        ("hello\u00a0world\u2028!", ["hello", "world", "!"]),
        ("hel\u200blo\x00\x07\ufffd", ["hello"]),
        ("hello\u037eworld", ["hello", ";", "world"]),  # the Greek question mark is a semicolon
        ("unaffablex", ["[UNK]"]),
        ("🙂", ["🙂"]),
        ("[SEP]", ["[UNK]"] * 3),  # no text can end a text
        ("", []),
        ("a" * 101, ["[UNK]"]),
    ],
)
def test_pieces(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_capitals_in_the_vocabulary_keep_case_and_accents() -> None:
    cased = [*WORDS, "Hello", "Über"]
    assert pieces("Hello hello Über über", cased) == ["Hello", "hello", "Über", "[UNK]"]
    assert pieces("Hello Über", cased, lowercase=True) == ["hello", "uber"]
    assert pieces("HELLO", lowercase=False) == ["[UNK]"]


def test_the_end_stays_where_a_text_is_cut() -> None:
    tokenize = WordPiece(vocabulary(WORDS))
    assert tokenize("unaffable hello", 4) == ([BEGIN, 4, 5, END], False)
    assert tokenize("unaffable", 5) == ([BEGIN, 4, 5, 6, END], True)
    assert tokenize("unaffable", 1) == ([BEGIN], False)


def test_the_longest_word_is_one_of_100_characters() -> None:
    words = [*WORDS, "b" * 100, "b" * 101]
    assert pieces("b" * 100, words) == ["b" * 100]
    assert pieces("b" * 101, words) == ["[UNK]"]


@given(st.text(max_size=300), st.integers(2, 20))
def test_whatever_the_text_is_there_are_no_more_numbers_than_taken(text: str, most: int) -> None:
    ids, whole = WordPiece(vocabulary(WORDS))(text, most)
    assert 2 <= len(ids) <= most
    assert (ids[0], ids[-1]) == (BEGIN, END)
    assert set(ids) <= set(range(len(WORDS)))
    assert whole or len(ids) == most


def test_a_vocabulary_of_another_kind_is_refused() -> None:
    with pytest.raises(UsageError, match=r"none of BERT's kind: there is no \[UNK\], no \[CLS\], no \[SEP\] in it"):
        tokenizer_of(BertTokenizerOptions(vocabulary=b"the\nfilm\n"))
