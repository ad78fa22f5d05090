"""From lines and messages of sensors to frames; what is no reading is a damaged one, counted and told once."""

from __future__ import annotations

from collections.abc import Iterator

from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.signal import Signal
from edgewright.agent.capture.sources.signals.silence import Silence
from edgewright.errors import DataError
from edgewright.media import LONGEST_ROW, RowReader, SeriesPreparation, one_line


class Readings:
    """Frames of the rows that a model wants, in one opening of a source.

    `count` of rows so far; `problem` is what was wrong with the first text that is no row, where there was none.
    """

    def __init__(self, takes: SeriesPreparation, *, is_joined: bool = False) -> None:
        """`is_joined`: the first line may be the end of one."""
        self._reader = RowReader(takes.described.columns, takes.layout.columns, is_joined=is_joined)
        self.silence = Silence(takes.described.rate)
        self.count = 0
        self.problem: str | None = None
        self._begins_anew = False

    def begin_anew(self) -> None:
        """Note that rows are missing before the next one."""
        self._begins_anew = True

    def frames(self, text: str) -> Iterator[Frame]:
        """What is in a line or message: rows, nothing, or what is no row."""
        try:
            rows = self._reader.read(text)
        except DataError as error:
            yield self.damaged(str(error))
            return
        if rows is None:
            return
        self.count += len(rows)
        self.silence.heard()
        begins_anew, self._begins_anew = self._begins_anew, False
        yield Frame(Signal(rows.values, times=rows.times, begins_anew=begins_anew))
        self.silence.heard()  # whoever took it may have had no room for long, and nobody listened meanwhile

    def damaged(self, problem: str) -> Frame:
        """What stands for a text that is no row."""
        problem = one_line(problem)
        self.problem = self.problem or problem
        self.silence.unread(problem)
        return Frame(b"", damaged=True, error=problem)


class LineSplitter:
    """Bytes as they come into lines, in memory of a line."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._too_long = False

    def lines(self, data: bytes) -> Iterator[str | None]:
        """The lines that are complete with these bytes; None for one that is too long."""
        self._held += data
        *lines, rest = self._held.split(b"\n")
        for line in lines:
            yield self._text(line)
            self._too_long = False
        self._held = rest
        if len(rest) > LONGEST_ROW:
            self._too_long = True
            self._held.clear()

    def rest(self) -> Iterator[str | None]:
        """What is left at the end."""
        held, self._held = self._held, bytearray()
        if held or self._too_long:
            yield self._text(held)

    def _text(self, line: bytearray) -> str | None:
        return None if self._too_long or len(line) > LONGEST_ROW else line.decode("utf-8", "replace")


TOO_LONG = f"a line has more than {LONGEST_ROW:,} characters"
