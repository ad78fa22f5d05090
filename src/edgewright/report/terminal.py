"""Tables on a terminal: set off with Rich on a real one, plain text in a pipe or a file."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from edgewright.report.table import Table

_STYLES = {"title": "bold", "heading": "bold cyan", "rule": "dim", "row": "", "note": "dim", "blank": ""}
# Signs of ours that an old console or an ASCII locale does not have, and what says the same there.
_PLAIN = str.maketrans({"×": "x", "–": "-", "−": "-", "µ": "u", "±": "+-", "…": "...", "·": "|"})


def print_table(table: Table, file: TextIO | None = None, width: int | None = None) -> None:
    """Print a table to `file` (default: standard output).

    On a terminal: its width, and Rich for the headings; colors stay away under NO_COLOR (https://no-color.org), all
    escape sequences under TERM=dumb. Elsewhere: plain text, as wide as COLUMNS says or else as the content is.
    """
    stream = file if file is not None else sys.stdout
    styled = is_terminal(stream)
    space = width or (terminal_width(stream) if styled else _columns_variable())
    lines = [(kind, encodable(line.rstrip(), stream)) for kind, line in table.lines(space)]
    if styled:
        _print_styled(lines, stream)
    else:
        stream.write("".join(f"{line}\n" for _, line in lines))


def is_terminal(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal that understands escape sequences."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _print_styled(lines: list[tuple[str, str]], stream: TextIO) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, soft_wrap=True)
    for kind, line in lines:
        # A Text object, because a plain string would be searched for markup such as [red].
        console.print(Text(line.replace("-", "─") if kind == "rule" and _has_lines(stream) else line, _STYLES[kind]))


def terminal_width(stream: TextIO) -> int:
    """Cells in a line of a terminal."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or _columns_variable() or 80
    except (OSError, ValueError, AttributeError):
        return _columns_variable() or 80


def _columns_variable() -> int | None:
    value = os.environ.get("COLUMNS", "")
    return int(value) if value.isdecimal() and int(value) > 0 else None


def encodable(line: str, stream: TextIO) -> str:
    """The line with what the stream's encoding has not replaced by what says the same."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        line.encode(encoding)
    except UnicodeEncodeError:
        return line.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
    return line


def _has_lines(stream: TextIO) -> bool:
    return encodable("─", stream) == "─"
