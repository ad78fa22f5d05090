"""The actor of a run: a keeper on a worker's machine, with the model that it was sent."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from edgewright.errors import DataError, EdgewrightError
from edgewright.machine import error_of
from edgewright.scale.clusters.folders import folder_of_ours
from edgewright.scale.clusters.worker import here
from edgewright.scale.deaths import Deaths
from edgewright.scale.entry import Entry
from edgewright.scale.keeper import Keeper
from edgewright.scale.presence import refuse_missing
from edgewright.scale.rows.row import to_bytes
from edgewright.scale.work import Work


class RayKeeper:
    """What runs on a worker's machine.

    `deaths` is the run's own folder for them where that machine has it, else None: then they are noted in one of its
    own, and who asks counts what took the whole actor along. `begin` is the folder that relative names begin in, and
    `others` are inputs that stand for all.
    """

    def __init__(
        self, work: Work, timeout: float, deaths: str | None, begin: str | None, others: Sequence[Entry]
    ) -> None:
        self._work, self._timeout, self._begin, self._others = work, timeout, begin, others
        self._are_files = getattr(work.takes(), "suffixes", None) is not None
        self._kept = ExitStack()
        self._deaths = Deaths(Path(deaths) if deaths is not None else self._own())
        self._keeper: Keeper | None = None

    def start(self) -> tuple[str, str]:
        """Be ready; the version that is here, and the processor."""
        return here()

    def do(self, entries: list[Entry], first: int) -> dict[str, Any]:
        """The rows of inputs as {"result": bytes}, or the error that ends the run, as a place says it."""
        try:
            self._check(entries)
            self._keeper = self._keeper or Keeper(self._work, self._deaths, timeout=self._timeout)
            return {"result": to_bytes(self._keeper.do(entries, first))}
        except EdgewrightError as error:
            return error_of(error)

    def _check(self, entries: Sequence[Entry]) -> None:
        if self._begin is not None:
            _enter(self._begin)
        if self._are_files:
            refuse_missing(entries, lambda: self._others)

    def close(self) -> None:
        """End the keeper's child, and remove what was noted."""
        if self._keeper is not None:
            self._keeper.close()
        self._kept.close()

    def _own(self) -> Path:
        return self._kept.enter_context(folder_of_ours("edgewright-keeper-", Path(tempfile.gettempdir())))


def _enter(folder: str) -> None:
    """Go to where relative names begin. Raises `DataError`."""
    try:
        os.chdir(folder)
    except OSError as problem:
        said = f"{folder}: names of inputs begin in this folder, and it is not there: {problem.strerror}"
        raise DataError(said, where=socket.gethostname(), remedy="Give absolute names") from None
