"""Pauses between tries that grow and differ, so that many devices do not come back at the same moment."""

from __future__ import annotations

import random


class Backoff:
    """The next pause in seconds: doubling from `first` to `most`, each shortened by up to a half by chance."""

    def __init__(self, first: float, most: float) -> None:
        self._first = first
        self._most = most
        self._next = first

    def pause(self) -> float:
        """How long to wait now; the next pause will be twice as long."""
        current, self._next = self._next, min(2 * self._next, self._most)
        return current * random.uniform(0.5, 1.0)  # noqa: S311 - nothing depends on its secrecy

    def reset(self) -> None:
        """Begin again with the first pause: it went well."""
        self._next = self._first
