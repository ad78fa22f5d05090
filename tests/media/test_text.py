"""Texts into tokens: vocabularies, patterns of files, the regex tokenizer, and where texts come from."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import DataError, UsageError
from edgewright.media import find_texts, read_vocabulary
from edgewright.media.text.patterns import delimiter
from edgewright.media.text.regex import PATTERN, RegexTokenizer

WORDS = b"<PAD> 0\n<START> 1\n<UNKNOWN> 2\nthe 3\nit's 4\nfilm 5\n"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("the film", [1, 3, 5]),
        ("The film", [1, 2, 5]),  # case counts
        ("it's, the film!", [1, 4, 3, 5]),
        ("  the\n\tfilm  ", [1, 3, 5]),
        ("film\u00e9film", [1, 5, 5]),  # no ASCII letter: it stands between words
        ("film_film", [1, 2]),
        ("", [1]),
        ("...", [1]),
    ],
)
def test_regex_tokens(text: str, ids: list[int]) -> None:
    assert RegexTokenizer(PATTERN, WORDS)(text, 256) == (ids, True)


def test_a_long_text_is_cut_and_says_so() -> None:
    tokenize = RegexTokenizer(PATTERN, WORDS)
    assert tokenize("the film the film", 3) == ([1, 3, 5], False)
    assert tokenize("the film", 3) == ([1, 3, 5], True)
    assert tokenize("the film, ", 3) == ([1, 3, 5], True)


def test_without_the_three_names_words_stand_alone() -> None:
    assert RegexTokenizer(PATTERN, b"the 3\nfilm 5\n")("the unknown film", 9) == ([3, 0, 5], True)


@pytest.mark.parametrize(
    ("pattern", "text", "words"),
    [
        (r"[^\w\']+", "it's a_b c", ["it's", "a_b", "c"]),
        (r"\s+", "a, b\tc", ["a,", "b", "c"]),
        (r"(\W+)", "a, b", ["a", "b"]),
        (r"(?:[\s.]+)", "a. b.c", ["a", "b", "c"]),
        (r"\s+|[.,!?]", "a,b c!", ["a", "b", "c"]),
        (r"--|\n", "a--b-c\nd", ["a", "b-c", "d"]),
        (r"[a-c\]]+", "xaby]z-", ["x", "y", "z-"]),
        (r"[^A-Za-z0-9']+", "Ab1 c'd", ["Ab1", "c'd"]),
        (r"[ -]", "a-b c", ["a", "b", "c"]),
        (r"[]x]", "a]bxc", ["a", "b", "c"]),
    ],
)
def test_patterns_that_tokenizers_need(pattern: str, text: str, words: list[str]) -> None:
    vocabulary = "".join(f"{word} {place}\n" for place, word in enumerate(words, 1)).encode()
    assert RegexTokenizer(pattern, vocabulary)(text, 99).ids == list(range(1, len(words) + 1))


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b", "(a|a)+b", "a*", "a?", "a{2,}", ".+", "a+b", r"(\w+)\1", "(?=a)", "^a", "a$", "", "a|", "[a-", "[",
        "[[:alpha:]]", r"\p{L}", r"\b", "[z-a]", "a++", "(a)(b)", "\\", r"[a-\w]", "((a))",
    ],
)  # fmt: skip
def test_all_other_patterns_are_refused_in_one_line(pattern: str) -> None:
    with pytest.raises(UsageError, match=r"the pattern between words .* is refused: ") as caught:
        delimiter(pattern)
    assert "\n" not in str(caught.value)


@given(st.text("ab+*?()[]|\\w^-{}. ", max_size=30), st.text("ab \\w.", max_size=200))
def test_what_is_accepted_never_matches_nothing(pattern: str, text: str) -> None:
    try:
        compiled = delimiter(pattern)
    except UsageError:
        return
    assert all(match.end() > match.start() for match in compiled.finditer(text))


def test_the_worst_accepted_pattern_comes_to_an_end() -> None:
    """What tries all ways of matching would take longer than the universe is old."""
    compiled = delimiter("|".join(["a" * 20 + "[^a]+"] * 7))
    assert compiled.search("a" * 200_000) is None


def test_vocabularies_with_numbers_and_without() -> None:
    assert read_vocabulary(b"a 5\nb 7\n") == ({"a": 5, "b": 7}, True)
    assert read_vocabulary(b"a 5\nb\t7\n").ids == {"a": 5, "b": 7}
    assert read_vocabulary(b"\xef\xbb\xbfa\r\nb\r\n") == ({"a": 0, "b": 1}, False)
    assert read_vocabulary("ä\n\nb".encode()).ids == {"ä": 0, "": 1, "b": 2}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "is no UTF-8 text"),
        (b"\n\n", "is empty"),
        (b"a 1\nb 2\nc 3\nd\n", "line 4: 'd' is no word with its number behind it"),
        (b"a 1\nb 2\nc 3\nd -1\n", "line 4"),
        (b"a 1\nb 2\nc 3\nd 4294967296\n", "line 4"),
        (b"a 1\nb 2\nc 3\nd 99999999999999999999999999\n", "line 4"),
        ("a 1\nb 2\nc 3\nd ٣\n".encode(), "line 4"),
        (b"a" * 1001, "the longest of 1,001 characters"),
        (b"\n" * 1_000_001 + b"a", "1,000,002 lines"),
    ],
)
def test_hostile_vocabularies(content: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        read_vocabulary(content)


def test_words_files_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_bytes("\ufeffone\r\n\r\n  two ü \n".encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"three\nfour")))
    found = list(find_texts(["a text, as it is", str(lines), "-", "x" * 5000, "and/or", "nul\0"]))
    assert found == ["a text, as it is", "one", "two ü", "three", "four", "x" * 5000, "and/or", "nul\0"]


def test_files_that_cannot_be_read_are_no_texts(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes(b"sch\xf6n")
    with pytest.raises(DataError, match=r"latin.txt: no UTF-8 text: invalid start byte at byte 3"):
        list(find_texts([str(tmp_path / "latin.txt")]))
    with pytest.raises(DataError, match=r"revews.txt: there is no such file"):
        list(find_texts(["revews.txt"]))
