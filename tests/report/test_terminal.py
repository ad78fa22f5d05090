"""Color on a real terminal only; in a pipe, a file or an ASCII locale plain text that arrives."""

from __future__ import annotations

import io
import os
import pty
import struct
import subprocess
import sys
import termios
from fcntl import ioctl

import pytest

from edgewright.report import Column, Table, print_table

TABLE = Table(
    "A title", [Column("file"), Column("size", "right")], [["[red]x.tflite\x1b[2J", "3.9\u00d7"], ["犬", "1"]]
)

_PRINT = """
from edgewright.report import Column, Table, print_table
print_table(Table("A title", [Column("file"), Column("size", "right")], [["[red]x.tflite\\x1b[2J", "3.9\\u00d7"]]))
import sys
print("rich" if "rich" in sys.modules else "no rich", file=sys.stderr)
"""


def _on_a_terminal(columns: int, **variables: str) -> str:
    parent, child = pty.openpty()
    ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    unset = {"NO_COLOR", "COLUMNS", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE"}
    environment = {key: value for key, value in os.environ.items() if key not in unset}
    process = subprocess.run(
        [sys.executable, "-c", _PRINT],
        stdout=child,
        stderr=subprocess.DEVNULL,
        env={**environment, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", **variables},
        check=True,
        timeout=60,
    )
    os.close(child)
    assert process.returncode == 0
    received = b""
    while True:
        try:
            chunk = os.read(parent, 65536)
        except OSError:  # Linux says EIO when the other side is closed and all is read
            break
        if not chunk:
            break
        received += chunk
    os.close(parent)
    return received.decode()


def test_a_pipe_gets_plain_text_and_rich_is_not_even_imported() -> None:
    result = subprocess.run(
        [sys.executable, "-c", _PRINT],
        capture_output=True,
        check=True,
        timeout=60,
        encoding="utf-8",
        env={**os.environ, "FORCE_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
    )
    assert result.stdout.splitlines()[0] == "A title"
    assert "\x1b" not in result.stdout
    assert "[red]x.tflite" in result.stdout
    assert result.stderr.strip() == "no rich"


def test_a_terminal_gets_color_but_no_escape_sequence_of_the_content() -> None:
    shown = _on_a_terminal(80)
    assert "\x1b[1mA title" in shown
    assert "\x1b[2J" not in shown
    assert "[red]x.tflite" in shown


def test_no_color_takes_the_colors_away() -> None:
    colored, plain = _on_a_terminal(80), _on_a_terminal(80, NO_COLOR="1")
    assert "36m" in colored
    assert "36m" not in plain
    assert "file" in plain


def test_a_dumb_terminal_gets_no_escape_sequences() -> None:
    assert "\x1b" not in _on_a_terminal(80, TERM="dumb")


def test_a_narrow_terminal_is_kept_to() -> None:
    lines = _on_a_terminal(24, TERM="dumb", COLUMNS="24").splitlines()
    assert max(map(len, lines)) <= 24


def test_an_ascii_stream_gets_what_says_the_same() -> None:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding="ascii", write_through=True)
    print_table(TABLE, file=stream)
    shown = buffer.getvalue().decode("ascii")
    assert "3.9x" in shown
    assert "?" in shown


def test_the_columns_variable_sets_the_width_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "14")
    narrow = io.StringIO()
    print_table(TABLE, file=narrow)
    monkeypatch.delenv("COLUMNS")
    wide = io.StringIO()
    print_table(TABLE, file=wide)
    assert max(map(len, narrow.getvalue().splitlines())) <= 14
    assert wide.getvalue() == TABLE.to_text()


def test_an_explicit_width_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    stream = io.StringIO()
    print_table(TABLE, file=stream, width=15)
    assert stream.getvalue() == TABLE.to_text(15)
