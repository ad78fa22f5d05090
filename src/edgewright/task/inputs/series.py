"""Series: rows of numbers from sensors, into windows of a model's one input."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from edgewright.errors import UsageError
from edgewright.media import Prepare
from edgewright.model import InputMetadata, ModelFile
from edgewright.task.options import Options


class _Kind:
    """A series is a path of a table or NumPy file, "-", bytes, an array (rows, columns), or arrays by column."""

    name = "series"
    plural = "series"
    options = frozenset({"columns", "rate", "window", "hop", "normalization"})

    @property
    def suffixes(self) -> frozenset[str]:
        """Those of files that are looked for in folders."""
        from edgewright.media import SERIES_SUFFIXES

        return frozenset(SERIES_SUFFIXES)

    def preparation(self, model: ModelFile, options: Options) -> Prepare:
        """Work out the preparation of a model's one input.

        Options: columns, their names in the input's order; rate, rows a second; window, rows that are looked at at
        once, where the input's shape does not show it; hop, how far the next window starts behind the one before, in
        seconds or as a share of the window ("50%"); normalization: (mean, std), one for all columns or one for each.
        """
        from edgewright.media import HOP, SeriesPreparation

        if len(model.inputs) != 1:
            raise UsageError(f"{model.name}: a model of series has one input, this one has {len(model.inputs)}")
        given = {name: value for name, value in options.items() if value is not None}
        hop = given.pop("hop", None)
        try:
            described = described_input(model, given)
            said = described.hop if hop is None else hop
            return SeriesPreparation(model.inputs[0], described, HOP if said is None else said)
        except UsageError as error:
            raise UsageError(f"{model.name}: {error}") from None

    def is_one(self, value: object) -> bool:
        """An array is one series, whatever its shape; a list is several."""
        import numpy as np

        from edgewright.media import Series

        if isinstance(value, str | bytes | bytearray | memoryview | os.PathLike | np.ndarray | Mapping | Series):
            return True
        return hasattr(value, "read") or hasattr(value, "to_numpy")

    def find(self, words: Sequence[str]) -> Iterable[Any]:
        """Files, all series below folders, patterns, and "-" for standard input."""
        from edgewright.media import SERIES_SUFFIXES, find_files

        for word in words:
            yield from [word] if word == "-" else find_files([word], SERIES_SUFFIXES)

    def left_out(self, words: Sequence[str]) -> str | None:
        """Tables below folders in formats that are not read."""
        from edgewright.media import unread_series

        return unread_series(words)


KIND = _Kind()


def described_input(model: ModelFile, given: Mapping[str, Any]) -> InputMetadata:
    """What the file says of its input, with what the caller says over it."""
    from edgewright.media import describe_series

    own = model.metadata.inputs[0] if model.metadata.inputs else InputMetadata()
    return describe_series(own, **given)
