"""Silence on descriptor 2: the runtime's chatter is dropped, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edgewright.engine.quiet import Said, quiet

CHATTER = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n"


def test_chatter_is_dropped_and_the_rest_passed_on(capfd):
    with quiet():
        os.write(2, CHATTER + b"INFO: mine\n")
    assert capfd.readouterr().err == "INFO: mine\n"


def test_what_was_said_before_a_failure_goes_into_the_error_instead(capfd):
    said = Said()
    os.write(2, b"before\n")

    def fail():
        with quiet(said):
            os.write(2, CHATTER + b"ERROR: no device\n")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    os.write(2, b"after\n")
    assert said.text == "ERROR: no device\n"
    assert capfd.readouterr().err == "before\nafter\n"


def test_blocks_may_be_nested(capfd):
    with quiet():
        with quiet():
            os.write(2, b"inner\n")
        os.write(2, CHATTER + b"outer\n")
    assert capfd.readouterr().err == "inner\nouter\n"


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_what_another_thread_writes_as_the_block_ends_does_not_overtake_what_is_held(capfd, monkeypatch, before):
    """Unbuffered, a line is written in two calls, its text and its end, and the block may end between them."""
    lead = os.dup2

    def lead_and_write(source: int, target: int) -> None:
        if before:
            os.write(2, b"its end\n")
        lead(source, target)
        if not before:
            os.write(2, b"its end\n")

    with quiet():
        os.write(2, b"a text and ")
        monkeypatch.setattr(os, "dup2", lead_and_write)
    monkeypatch.undo()
    assert capfd.readouterr().err == "a text and its end\n"


@pytest.mark.parametrize("attempt", range(20))
def test_blocks_in_threads_lose_and_double_nothing(capfd, attempt):
    def talk(number):
        for i in range(50):
            with quiet():
                os.write(2, CHATTER + f"{number} {i}\n".encode())

    threads = [threading.Thread(target=talk, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = capfd.readouterr().err.splitlines()
    assert sorted(lines) == sorted(f"{n} {i}" for n in range(4) for i in range(50))


def open_descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not list a process's descriptors")
def test_no_descriptor_leaks(capfd):
    before = open_descriptors()
    for _ in range(20):
        with quiet():
            os.write(2, CHATTER)
    assert open_descriptors() == before


def test_a_closed_descriptor_is_no_reason_to_fail():
    code = "import os; os.close(2)\nfrom edgewright.engine.quiet import quiet\nwith quiet(): pass\nprint('done')"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "done\n"
