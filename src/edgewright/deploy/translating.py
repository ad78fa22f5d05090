"""From a description to code in another language: the shortest way to say what a byte of a picture becomes."""

from __future__ import annotations

from enum import Enum

import numpy as np

from edgewright.deploy.description import Pixels


class Rule(Enum):
    """How a byte becomes a number of the input: as it is, as int8 with 128 less, (byte - mean) / std, by a table."""

    BYTES = "bytes"
    SHIFTED = "shifted"
    FORMULA = "formula"
    TABLE = "table"


def rule_of(pixels: Pixels) -> Rule:
    """The shortest rule that gives the very bits of `pixels.values`; the formula is one of 32-bit numbers."""
    values, column = pixels.values, np.arange(256)[:, None]
    if values.dtype == np.uint8 and (values == column).all():
        return Rule.BYTES
    if values.dtype == np.int8 and (values == column - 128).all():
        return Rule.SHIFTED
    if values.dtype == np.float32 and pixels.mean:
        mean, std = np.array(pixels.mean, np.float32), np.array(pixels.std, np.float32)
        if np.array_equal((column.astype(np.float32) - mean) / std + np.zeros_like(values), values):
            return Rule.FORMULA
    return Rule.TABLE
