"""What a tokenizer gives, and what it is."""

from __future__ import annotations

from typing import NamedTuple, Protocol


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
