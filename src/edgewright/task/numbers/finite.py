"""What a model returns is looked at before anything is made of it: NaN is no answer, though its best class looks so."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError

if TYPE_CHECKING:
    from edgewright.media import Prepared
    from edgewright.model import ModelFile
    from edgewright.task.kind import Decoder, Outputs

# Up to so many numbers their scalar product with themselves is the fastest look; of more it would start threads.
_MOST_AT_ONCE = 10_000


class Finite:
    """Refuses outputs that no answer can be made of: NaN, and infinity where the decoder makes no score of that.

    A decoder may have `must_be_numbers(outputs)`, the arrays of which all numbers count, and
    `takes_minus_infinity`, whether that is the logarithm of a score of 0 to it; see `task.kind.Decoder`.
    """

    def __init__(self, model: ModelFile, decode: Decoder[Any]) -> None:
        self._counting = getattr(decode, "must_be_numbers", None)
        self._minus = bool(getattr(decode, "takes_minus_infinity", False))
        # Stored integers stand for numbers always.
        self._wanted = any(spec.dtype.startswith("float") for spec in model.outputs)

    def check(self, outputs: Outputs, prepared: Prepared) -> None:
        """Raise `DataError` that says of how many numbers the model made what, and in which window."""
        if not self._wanted:
            return
        for array in outputs if self._counting is None else self._counting(outputs):
            if array.dtype.kind == "f" and not _all_finite(array):
                self._judge(array, prepared)

    def _judge(self, array: npt.NDArray[Any], prepared: Prepared) -> None:
        wrong = np.isnan(array)
        what = "NaN"
        if not wrong.any():
            wrong, what = np.isposinf(array) if self._minus else np.isinf(array), "infinity"
        if wrong.any():
            raise DataError(
                f"the model returned {what} ({int(wrong.sum()):,} of {array.size:,} numbers"
                f"{_window(wrong, prepared)}): that is no answer"
            )


def _all_finite(array: npt.NDArray[Any]) -> bool:
    if array.size <= _MOST_AT_ONCE and math.isfinite(np.vdot(array, array)):
        return True
    return bool(np.isfinite(array).all())


def _window(wrong: npt.NDArray[np.bool_], prepared: Prepared) -> str:
    """Where in a long input it begins."""
    windows = prepared.windows
    if windows is None or len(windows) < 2 or len(wrong) != len(windows):
        return ""
    first = int(np.flatnonzero(wrong.reshape(len(wrong), -1).any(axis=1))[0])
    start, end = windows.spans[first]
    return f", first from {start:.2f} to {end:.2f} s"
