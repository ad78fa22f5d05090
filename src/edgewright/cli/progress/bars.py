"""Progress bars on a terminal, for work that lasts."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Any

# Shorter work is over before anybody has read a bar.
_PATIENCE_S = 2.0
# Bars of finished steps beyond so many make room for others.
_SHOWN = 8


class ProgressBars:
    """A `Progress` that draws one bar per step on standard error, if that is a terminal; use it in a `with` block.

    A step called "name: 97.5%" or "name: 190 a second" shows a figure which changes while it goes on: its bar is that
    of "name".
    """

    def __init__(self) -> None:
        self._drawing = sys.stderr.isatty()
        self._start = time.monotonic()
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}
        self._waiting: tuple[str, int, int] | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(_PATIENCE_S, self._show_waiting)
        self._timer.daemon = True

    def __call__(self, step: str, done: int, total: int) -> None:
        """Draw the step's bar; without a total it only shows that something goes on."""
        with self._lock:
            if not self._drawing:
                return
            if time.monotonic() - self._start < _PATIENCE_S:
                self._waiting = (step, done, total)
            else:
                self._draw(step, done, total)

    def _show_waiting(self) -> None:
        """Draw what was reported last: it may be long until the next report."""
        with self._lock:
            if self._drawing and self._waiting is not None and self._bars is None:
                self._draw(*self._waiting)

    def _draw(self, step: str, done: int, total: int) -> None:
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
        from rich.progress import Progress

        from edgewright.cli.progress.columns import columns

        # What is printed meanwhile stays on standard output: rich would send it to the bars' own stream.
        self._bars = Progress(*columns(), console=Console(stderr=True), transient=True, redirect_stdout=False)
        self._bars.start()
        return self._bars

    def __enter__(self) -> ProgressBars:
        if self._drawing:
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._drawing = False
            if self._bars is not None:
                self._bars.stop()


def _name(step: str) -> str:
    name, _, figure = step.rpartition(": ")
    return name if name and figure.endswith(("%", " a second")) else step
