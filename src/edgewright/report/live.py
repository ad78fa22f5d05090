"""Lines at the foot of a terminal that are written anew; what else is written there scrolls by above them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, TextIO, cast

from edgewright.report.terminal import encodable, terminal_width
from edgewright.report.text import cut, printable

# Source: ECMA-48: cursor up (CUU), erase to the end of the page (ED).
_UP, _ERASE = "\x1b[{}A", "\r\x1b[J"


class LiveLines:
    """Shows lines below whatever goes to `above`, each cut to the width of the terminal; safe in several threads.

    The cursor stands at the beginning of the line behind them, so that a program which is killed leaves a clean line.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._lines: Sequence[str] = ()
        self._drawn = 0

    @property
    def width(self) -> int:
        """Cells in a line, as wide as the terminal is now."""
        return max(terminal_width(self._stream) - 1, 1)

    def show(self, lines: Sequence[str]) -> None:
        """Replace the lines."""
        with self._lock:
            self._lines = lines
            self._stream.write(self._erased() + self._redrawn())
            self._stream.flush()

    def above(self, stream: TextIO) -> TextIO:
        """A stream to the same terminal whose lines come to stand above ours."""
        return cast(TextIO, _Above(stream, self))

    def write_above(self, stream: TextIO, text: str) -> None:
        """Write whole lines of text to a stream to the same terminal."""
        with self._lock:
            self._stream.write(self._erased())
            self._stream.flush()
            try:
                stream.write(text)
                stream.flush()
            finally:
                self._stream.write(self._redrawn())
                self._stream.flush()

    def close(self) -> None:
        """Take the lines away."""
        self.show(())

    def _erased(self) -> str:
        return f"{_UP.format(self._drawn)}{_ERASE}" if self._drawn else ""

    def _redrawn(self) -> str:
        shown = [encodable(cut(printable(line), self.width), self._stream) for line in self._lines]
        self._drawn = len(shown)
        return "".join(f"{line}\n" for line in shown)


class _Above:
    """Writes to a stream, line by line, above the lines that are shown."""

    def __init__(self, stream: TextIO, live: LiveLines) -> None:
        self._stream = stream
        self._live = live
        self._begun = ""

    def write(self, text: str) -> int:
        whole, newline, self._begun = (self._begun + text).rpartition("\n")
        if newline:
            self._live.write_above(self._stream, whole + newline)
        return len(text)

    def flush(self) -> None:
        """What is whole is written at once; the beginning of a line waits for its end."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
