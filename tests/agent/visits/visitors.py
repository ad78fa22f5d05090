"""A task of another package whose detector sees visitors: who they are stands in the number that a picture shows.

Each stands in one of six places for a while, so that all of them are known; two or three are there at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgewright.task import Detections, only

LABELS = ("visitor",)
SIDE, BITS = 128, 16

# Pictures from one visitor to the next, how many each is in, and how many a second there are.
EVERY, STAYS, RATE = 12, 30, 10
_PLACES = 6


def there(number: int, visitors: int) -> list[tuple[float, float, float, float]]:
    """The boxes of those who are in a picture."""
    first = max(0, (number - STAYS) // EVERY)
    found = []
    for visitor in range(first, min(visitors, number // EVERY + 1)):
        step = number - visitor * EVERY
        if 0 <= step < STAYS:
            x = 4.0 + 20 * (visitor % _PLACES) + 0.05 * step
            found.append((x, 30.0, x + 14, 100.0))
    return found


def shown(number: int) -> np.ndarray:
    """A picture with its number: a black or white stripe for each bit."""
    bits = [255 * (number >> bit & 1) for bit in range(BITS)]
    stripes = np.repeat(np.array(bits, np.uint8), SIDE // BITS)
    return np.ascontiguousarray(np.broadcast_to(stripes[None, :, None], (SIDE, SIDE, 3)))


def read(tensor: np.ndarray) -> int:
    """The number that a picture shows."""
    row = tensor.reshape(-1, SIDE, 3)[SIDE // 2, SIDE // BITS // 2 :: SIDE // BITS, 0]
    return sum(1 << bit for bit, value in enumerate(row) if value > row.dtype.type(100))


class _Decoder:
    labels = LABELS

    def __init__(self, visitors: int) -> None:
        self._visitors = visitors

    def __call__(self, outputs: Any, prepared: Any) -> Detections:
        boxes = np.array(there(read(prepared.tensors), self._visitors), np.float32).reshape(-1, 4)
        return Detections(
            boxes, np.full(len(boxes), 0.9, np.float32), np.zeros(len(boxes), np.int64), LABELS, prepared.original
        )


class _Kind:
    name, input = "visitors", "picture"

    def recognize(self, model: Any) -> None:
        return None

    def decoder(self, model: Any, options: Any) -> _Decoder:
        return _Decoder(only(options, "visitors", "threshold", "most", task="visitors")["visitors"])


KIND = _Kind()
