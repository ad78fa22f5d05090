"""Lines at the foot of a terminal: what is written above them stays whole, and nothing of them stays."""

from __future__ import annotations

import io
import threading

import pytest
from tests.report.screen import screen

from edgewright.report import LiveLines


class Terminal(io.StringIO):
    """Takes text as a terminal does, which writes a carriage return with each new line."""

    encoding = "utf-8"

    @property
    def shown(self) -> list[str]:
        return screen(self.getvalue().replace("\n", "\r\n"), 80)


@pytest.fixture(autouse=True)
def eighty(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def test_lines_are_written_anew(terminal):
    live = LiveLines(terminal)
    for number in range(5):
        live.show([f"number {number}", "second"][: 1 + number % 2])
    assert terminal.shown == ["number 4", ""]


def test_what_is_written_above_scrolls_by(terminal):
    live = LiveLines(terminal)
    above = live.above(terminal)
    above.write("before\n")
    for number in range(3):
        live.show(["now", f"{number}"])
        above.write(f"event {number}\n")
    assert terminal.shown == ["before", "event 0", "event 1", "event 2", "now", "2", ""]


def test_at_the_end_nothing_of_it_is_left(terminal):
    live = LiveLines(terminal)
    live.show(["one", "two", "three"])
    live.above(terminal).write("event\n")
    live.close()
    live.above(terminal).write("behind it\n")
    assert terminal.shown == ["event", "behind it", ""]


@pytest.mark.parametrize(
    "line",
    [
        "x" * 500,
        "x" * 79,
        "x" * 80,
        "word " * 99,
        "金" * 99,
        "e\u0301" * 99,
        "two\nlines",
        "\x1b[2J",
        "\x9b2J",
        "\r\b\t",
    ],
)
def test_a_line_stays_one_line_whatever_is_in_it(terminal, line):
    live = LiveLines(terminal)
    live.show([line, "second"])
    live.show([line, "second"])
    live.show(["third"])
    assert terminal.shown == ["third", ""]


def test_a_line_that_comes_in_pieces_is_written_when_it_is_whole(terminal):
    live = LiveLines(terminal)
    live.show(["now"])
    above = live.above(terminal)
    for piece in ("a", "b\nc", "d", "\n", "e"):
        above.write(piece)
    assert terminal.shown == ["ab", "cd", "now", ""]


def test_an_ascii_terminal_gets_what_it_has(terminal):
    terminal.encoding = "ascii"
    LiveLines(terminal).show(["3 · 4 …"])
    assert terminal.shown == ["3 | 4 ...", ""]


def test_many_threads_break_no_line(terminal):
    live = LiveLines(terminal)
    above = live.above(terminal)

    def write(name: str) -> None:
        for number in range(100):
            live.show([f"now {name}", f"{number}"])
            LiveLines.above(live, terminal).write(f"{name} {number} end\n")

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    live.close()
    above.write("over\n")
    *lines, over, last = terminal.shown
    assert (over, last, len(lines)) == ("over", "", 400)
    assert all(line.endswith(" end") and line.count(" ") == 2 for line in lines)
