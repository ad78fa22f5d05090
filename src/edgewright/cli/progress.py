"""Progress bars on a terminal, for work that lasts."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

# Shorter work is over before anybody has read a bar.
_PATIENCE_S = 2.0
# Bars of finished steps beyond so many make room for others.
_SHOWN = 8


class ProgressBars:
    """A `Progress` that draws one bar per step on standard error, if that is a terminal; use it in a `with` block.

    A step called "name: 97.5%" shows a figure which changes while it goes on: its bar is that of "name".
    """

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
        name = _name(step)
        if name not in self._tasks:
            self._make_room()
            self._tasks[name] = bars.add_task(step, total=None)
        bars.update(self._tasks[name], completed=done, total=total or None, description=step)

    def _make_room(self) -> None:
        done = {task.id for task in self._bars.tasks if task.finished}
        finished = [name for name, task in self._tasks.items() if task in done]
        if len(self._tasks) >= _SHOWN and finished:
            self._bars.remove_task(self._tasks.pop(finished[0]))

    def _open(self) -> Any:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
        )
        # What is printed meanwhile stays on standard output: rich would send it to the bars' own stream.
        self._bars = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
        self._bars.start()
        return self._bars

    def __enter__(self) -> ProgressBars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()


def _name(step: str) -> str:
    name, _, figure = step.rpartition(": ")
    return name if name and figure.endswith("%") else step
