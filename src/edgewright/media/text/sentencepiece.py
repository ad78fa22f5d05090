"""SentencePiece: texts in pieces that were learned from other texts, by the library that made them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from edgewright.errors import MissingExtraError, UsageError
from edgewright.media.text.tokens import Tokens


class SentencePiece:
    """Makes the pieces of a text, between the signs that its model has for beginning and end ([CLS] and [SEP])."""

    def __init__(self, model: bytes) -> None:
        """Raises `UsageError` for what is no such model, and `MissingExtraError` without the library."""
        try:
            library = import_module("sentencepiece")
        except ImportError:
            raise MissingExtraError("A model whose texts SentencePiece cuts", "text") from None
        self._processor: Any = library.SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(model)
        except (RuntimeError, ValueError) as error:
            raise UsageError(f"the model of SentencePiece in the file cannot be read: {error}") from None
        self.largest: int = self._processor.get_piece_size() - 1
        self.pad = max(self._id("<pad>", "[PAD]"), 0)
        self._begin, self._end = self._around("[CLS]"), self._around("[SEP]")

    def __call__(self, text: str, most: int) -> Tokens:
        """Cut a text, and keep as much of it as fits between the two signs."""
        ids = self._processor.encode(text)
        room = max(most - len(self._begin) - len(self._end), 0)
        return Tokens([*self._begin, *ids[:room], *self._end][:most], whole=len(ids) <= room)

    def _around(self, name: str) -> list[int]:
        found = self._id(name)
        return [found] if found >= 0 else []

    def _id(self, *names: str) -> int:
        """The number of the first of these pieces that the model has; -1 where it has none."""
        unknown = self._processor.unk_id()
        found = (self._processor.piece_to_id(name) for name in names)
        return next((number for number in found if number != unknown), -1)
