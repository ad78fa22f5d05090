"""Progress bars on a terminal, for work that lasts."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

# Shorter work is over before anybody has read a bar.
_PATIENCE_S = 2.0


class ProgressBars:
    """A `Progress` that draws one bar per step on standard error, if that is a terminal; use it in a `with` block."""

    def __init__(self) -> None:
        self._drawing = sys.stderr.isatty()
        self._start = time.monotonic()
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}

    def __call__(self, step: str, done: int, total: int) -> None:
        """Draw the step's bar; without a total it only shows that something goes on."""
        if not self._drawing or time.monotonic() - self._start < _PATIENCE_S:
            return
        bars = self._bars or self._open()
        if step not in self._tasks:
            self._tasks[step] = bars.add_task(step, total=None)
        bars.update(self._tasks[step], completed=done, total=total or None)

    def _open(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self._bars = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bars.start()
        return self._bars

    def __enter__(self) -> ProgressBars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()
