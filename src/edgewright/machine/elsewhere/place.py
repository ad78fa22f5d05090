"""A place where work is done: what asks it says which function, with plain values and files, and hears plain values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from edgewright.machine.progress import Progress, silent

Files = Mapping[str, Path | bytes]
"""Files by the names that a function knows them under."""


class Place(Protocol):
    """A machine with Edgewright on it."""

    @property
    def name(self) -> str:
        """What people call it."""

    def call(self, function: str, arguments: Mapping[str, Any], files: Files, progress: Progress = silent) -> Any:
        """Call `function` there ("edgewright.bench.placed:measure") and return its plain values.

        It is called as function(arguments, paths of the files there, progress). Raises the error of Edgewright that it
        raised, with the name of the place in front, and what is raised where the place cannot be reached.
        """
