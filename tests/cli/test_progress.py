"""What the bars show on a terminal, and that nothing is drawn anywhere else."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_SCRIPT = """
import time
import edgewright as ew
from edgewright.cli.progress import bars as progress
progress._PATIENCE_S = {patience}
with progress.ProgressBars() as bars:
    {work}
    bars._bars and bars._bars.refresh()
"""


def drawn(work: str, patience: float = 0.0) -> str:
    """What a terminal of 120 columns is sent."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": "120", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT.format(work=work, patience=patience)],
        stderr=theirs,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    os.close(theirs)
    sent = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        sent += part
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return sent.decode()


def test_a_figure_that_changes_stays_on_one_bar() -> None:
    text = drawn("bars('int8: 90.0%', 10, 30); bars('int8: 97.5%', 20, 30)")
    assert "int8: 97.5%" in text
    assert text.count("20/30") >= 1
    frames = [line for line in text.splitlines() if "int8" in line]
    assert not any("90.0%" in line and "97.5%" in line for line in frames)


def test_a_name_with_a_colon_is_a_step_of_its_own() -> None:
    text = drawn("bars('mixed: 3 operators', 1, 2); bars('mixed: 4 operators', 1, 3)")
    assert "mixed: 3 operators" in text
    assert "mixed: 4 operators" in text
    assert "1/3" in text


def test_finished_steps_make_room() -> None:
    text = drawn("[bars(f'step {number}', 1, 1) for number in range(20)]; bars._bars.refresh()")
    numbers = re.findall(r"step (\d+)", text)
    last = [str(number) for number in range(12, 20)]
    assert numbers[-16:] == last * 2  # two frames, eight bars each


def test_nothing_is_drawn_into_a_file() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(work="bars('a', 1, 2)", patience=0.0)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_what_was_reported_early_is_shown_while_nothing_more_is_reported() -> None:
    """The longest silence of a conversion is its beginning, where TensorFlow is loaded."""
    text = drawn("bars('reading', 0, 0); time.sleep(1.5)", patience=0.5)
    assert "reading" in text
    assert "0/" not in text


def test_work_that_is_over_at_once_draws_nothing() -> None:
    assert drawn("bars('reading', 0, 0); bars('reading', 1, 1)", patience=5.0) == ""


def test_a_timer_or_thread_that_comes_too_late_draws_nothing() -> None:
    """A bar that begins when the work is over would turn to the end of the process, over all that is printed."""
    assert drawn("bars('reading', 0, 0); bars.__exit__(None, None, None); bars._show_waiting()", patience=5.0) == ""


def test_a_conversion_says_from_the_beginning_what_it_does(shared_file: Callable[[str], Path], tmp_path: Path) -> None:
    source, target = shared_file("sources/vww_96.h5"), tmp_path / "person.tflite"
    work = f"ew.convert({str(source)!r}, progress=bars).save({str(target)!r})"
    text = drawn(work, patience=0.0)
    stages = ["starting TensorFlow, reading vww_96.h5", "running it on inputs", "converting", "comparing the file"]
    places = [text.index(stage) for stage in stages]
    assert places == sorted(places)
    assert "✓ comparing" in text
