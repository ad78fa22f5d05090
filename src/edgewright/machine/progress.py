"""How long work tells its caller how far it is, without knowing who draws it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Called by long work; a command draws it, a library caller may ignore it."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """`done` of `total` units of `step` are finished; `total` 0 means that nobody knows how many there are."""


def silent(step: str, done: int, total: int) -> None:
    """Report to nobody: the default where a `progress` parameter is left out."""


@contextmanager
def stage(progress: Progress, step: str) -> Iterator[None]:
    """Report a step of which nobody knows how long it takes: that it has begun, and that it is done."""
    progress(step, 0, 0)
    yield
    progress(step, 1, 1)
