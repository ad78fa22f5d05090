"""From a text to the input tensors of a model: its tokens, filled up or cut to the length that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError
from edgewright.media.prepared import Prepared, ReadText
from edgewright.media.text.tokens import Tokenize
from edgewright.model import TensorSpec

MOST_CHARACTERS = 1_000_000
"""A longer text is refused: a model reads the first page of a book, which has not so many."""

# Where a model leaves it open. BERT was trained on 512, and none that is published takes more of a text.
_OPEN_LENGTH = 512


class TextPreparation:
    """How texts become a model's inputs; call it with a text.

    `ids`, `mask` and `segments` are the inputs for the numbers of the tokens, for 1 where there is a token and 0 where
    there is none, and for the number of the sentence, which is 0; the latter two are BERT's.
    """

    def __init__(
        self, tokenize: Tokenize, ids: TensorSpec, mask: TensorSpec | None = None, segments: TensorSpec | None = None
    ) -> None:
        self.tokenize = tokenize
        self.ids, self.mask, self.segments = ids, mask, segments
        self.length = None if ids.shape_signature[-1:] == (-1,) else ids.shape[-1]

    def __call__(self, source: Any) -> Prepared:
        """Prepare one text. Raises `DataError` for what is no text, or too long."""
        if not isinstance(source, str):
            raise DataError(f"a text is a str, given {type(source).__name__}. Decode bytes first: .decode()")
        if len(source) > MOST_CHARACTERS:
            raise DataError(f"a text of {len(source):,} characters; at most {MOST_CHARACTERS:,} are read")
        tokens = self.tokenize(source, self.length or _OPEN_LENGTH)
        return Prepared(self._tensors(tokens.ids), text=ReadText(source, tokens.whole))

    def _tensors(self, ids: list[int]) -> Mapping[str | int, npt.NDArray[Any]] | npt.NDArray[Any]:
        length = self.length or max(len(ids), 1)
        numbers = np.full(length, self.tokenize.pad, np.int64)
        numbers[: len(ids)] = ids
        tensors = {self.ids.index: _shaped(numbers, self.ids)}
        if self.mask is not None:
            tensors[self.mask.index] = _shaped(np.arange(length) < len(ids), self.mask)
        if self.segments is not None:
            tensors[self.segments.index] = _shaped(np.zeros(length), self.segments)
        return tensors if len(tensors) > 1 else tensors[self.ids.index]  # type: ignore[return-value]


def _shaped(row: npt.NDArray[Any], spec: TensorSpec) -> npt.NDArray[Any]:
    """The row in the input's own number of dimensions, and its type."""
    return row.astype(spec.dtype).reshape((1,) * (len(spec.shape) - 1) + row.shape)
