"""A crew: several workers that answer at once, on one machine or on many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from edgewright.machine.elsewhere.place import Files
from edgewright.machine.progress import Progress, silent


class Crew(Protocol):
    """Workers with Edgewright on them, who are asked as a `Place` is."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def size(self) -> int:
        """How many work at once."""

    def call_each(
        self, function: str, each: Iterable[Mapping[str, Any]], files: Files, progress: Progress = silent
    ) -> Iterator[Any]:
        """Call `function` with each of the arguments, on whichever worker is free; its values in their order.

        Arguments and values are plain ones, bytes among them.
        `files` go to each worker once. A call whose worker dies is made again by another one. Raises the error of
        Edgewright that a call raised, and `ChildCrashError` where two workers died of the same call.
        """
