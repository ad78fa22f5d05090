"""`edgewright watch` at a terminal: lines for people that are written anew, and a clean terminal behind them."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.report.screen import screen

from waiting import wait_for

COMMAND = Path(sys.executable).with_name("edgewright")
NAMES = ("parrot.jpg", "cat.bmp", "owl.jpg")


class AtTerminal:
    """A command at a terminal of so many columns; `other` are streams of it that go elsewhere."""

    def __init__(self, folder: Path, columns: int, *words: object, environment: dict[str, str], **other: int) -> None:
        self.columns = columns
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(
            [COMMAND, *map(str, words)], cwd=folder, start_new_session=True, env=environment,
            **{"stdin": theirs, "stdout": theirs, "stderr": theirs, **other},
        )  # fmt: skip
        os.close(theirs)
        self.written = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        # A terminal nobody writes to any more is an error on Linux.
        try:
            while part := os.read(self._ours, 65_536):
                self.written += part.decode()
        except OSError:
            return

    def wait_for(self, words: str) -> None:
        wait_for(lambda: words in self.written, told=lambda: f"{words!r} is not in {self.written!r}")

    def ended(self) -> list[str]:
        """What stands on the terminal at the end."""
        self.process.wait(60)
        self._reader.join(60)
        os.close(self._ours)
        return screen(self.written, self.columns)


@pytest.fixture
def at_terminal(tmp_path: Path, shared_file: Callable[[str], Path]):
    (tmp_path / "in").mkdir()
    for name in NAMES:
        shutil.copy(shared_file(f"images/{name}"), tmp_path / "in")
    model = shared_file("models/mobilenet_v1_0.25_128_quant.tflite")
    environment = {**os.environ, "HOME": str(tmp_path), "TERM": "xterm"}
    environment.pop("COLUMNS", None)

    def at_terminal(columns: int, *words: object, term: str = "xterm", **other: int) -> AtTerminal:
        given = ("watch", model, "--folder", "in", *words)
        return AtTerminal(tmp_path, columns, *given, environment=environment | {"TERM": term}, **other)

    return at_terminal


EVENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [^{}]+ \d\.\d\d \((parrot|cat|owl)\.\w+\)")
LOG = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (INFO|WARNING|ERROR) ")


@pytest.mark.parametrize("columns", [80, 120])
def test_it_says_what_it_sees_and_ctrl_c_leaves_a_clean_terminal(at_terminal, columns):
    watching = at_terminal(columns)
    watching.wait_for("3 events · 3 sent · 0 waiting")
    now = screen(watching.written, columns)
    assert now[-3].startswith("sees ")
    assert "frames/s" in now[-2]
    assert now[-1] == ""  # the cursor stands behind them
    os.killpg(watching.process.pid, signal.SIGINT)
    lines = watching.ended()
    shown = "\n".join(lines)
    assert len([line for line in lines if EVENT.fullmatch(line)]) == 3
    assert "macaw" in shown
    for word in ("sees ", "frames/s", "{", "Traceback"):
        assert word not in shown
    assert "frames captured" in shown
    assert "\x1b[?" not in watching.written  # neither a hidden cursor nor another screen is left behind
    assert max(map(len, lines)) <= columns


def test_lines_of_the_log_stay_whole(at_terminal, tmp_path):
    (tmp_path / "in" / "link.jpg").symlink_to("parrot.jpg")
    (tmp_path / "in" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xd9")
    watching = at_terminal(120, "--send", "file:e.jsonl", "--send", "stdout")
    watching.wait_for("4 events")
    os.killpg(watching.process.pid, signal.SIGINT)
    lines = watching.ended()
    begun = [line for line in lines if re.match(r"\d{4}-", line)]
    assert begun
    assert all(LOG.match(line) or re.match(r"[-\d]+ [:\d]+ \S", line) for line in begun)
    assert any("link.jpg" in line for line in begun)
    assert any("picture refused: error" in line for line in begun)
    assert len((tmp_path / "e.jsonl").read_text().splitlines()) == 4


def test_in_a_pipe_events_are_lines_of_json(at_terminal, tmp_path):
    with (tmp_path / "out").open("wb") as out:
        watching = at_terminal(80, stdout=out.fileno())
        watching.wait_for("3 events · 3 sent")
        os.killpg(watching.process.pid, signal.SIGINT)
        shown = "\n".join(watching.ended())
    assert {json.loads(line)["picture"] for line in (tmp_path / "out").read_text().splitlines()} == set(NAMES)
    assert not EVENT.search(shown)


@pytest.mark.parametrize("words", [("--json",), ("--log", "json")], ids=" ".join)
def test_for_programs_nothing_is_written_anew(at_terminal, words):
    watching = at_terminal(80, "--once", *words)
    watching.ended()
    assert "\x1b[2A" not in watching.written
    assert "frames/s" not in watching.written
    events = [line for line in watching.written.splitlines() if line.startswith('{"sequence":')]
    assert len(events) == (3 if words == ("--json",) else 0)


def test_a_terminal_that_understands_nothing_gets_no_sequences(at_terminal):
    watching = at_terminal(80, "--once", term="dumb")
    watching.ended()
    assert "\x1b" not in watching.written
    assert watching.written.count('{"sequence":') == 3


def test_an_error_at_the_start_stands_alone(at_terminal):
    watching = at_terminal(80, "--label", "macow")
    lines = watching.ended()
    assert watching.process.returncode == 2
    assert "Did you mean 'macaw'" in "".join(lines)
    assert "sees" not in watching.written
