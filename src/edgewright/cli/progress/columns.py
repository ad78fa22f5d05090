"""The columns of a progress bar; imports Rich, so only what draws one imports this."""

from __future__ import annotations

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text


def columns() -> tuple[ProgressColumn, ...]:
    """Step, bar, how much of it is done, and the time that is left."""
    return (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        _Count(),
        _Time(),
    )


class _Count(MofNCompleteColumn):
    """So many of so many; nothing for a step that has no parts."""

    def render(self, task: Task) -> Text:
        return super().render(task) if (task.total or 0) > 1 else Text()


class _Time(ProgressColumn):
    """The time that is left; of a step that has no parts the time that it takes."""

    def __init__(self) -> None:
        super().__init__()
        self._left, self._taken = TimeRemainingColumn(elapsed_when_finished=True), TimeElapsedColumn()

    def render(self, task: Task) -> Text:
        return (self._left if (task.total or 0) > 1 else self._taken).render(task)
