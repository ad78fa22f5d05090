from __future__ import annotations

import logging
import os
import sys
import threading
import warnings
from pathlib import Path

import pytest

from edgewright.convert.proof.silence import silence

DESCRIPTORS = Path("/proc/self/fd")


def shout() -> None:
    print("python out")
    print("python err", file=sys.stderr)
    os.write(1, b"descriptor out\n")
    os.write(2, b"descriptor err\n")
    logging.getLogger("tensorflow").warning("log")
    warnings.warn("warning", stacklevel=1)


def test_nothing_gets_out_and_everything_afterwards_does(capfd):
    print("before")
    with silence():
        shout()
    print("after")
    assert capfd.readouterr() == ("before\nafter\n", "")


def test_exception_passes_and_the_descriptors_come_back(capfd):
    def fail() -> None:
        with silence():
            shout()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    os.write(1, b"back\n")
    assert capfd.readouterr().out == "back\n"


def test_blocks_may_be_nested(capfd):
    with silence():
        with silence():
            shout()
        shout()
    print("after")
    assert capfd.readouterr() == ("after\n", "")


def test_threads_take_turns_and_leave_the_descriptors_as_they_were(capfd):
    def work() -> None:
        for _ in range(20):
            with silence():
                shout()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("after")
    assert capfd.readouterr() == ("after\n", "")


@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="needs Linux's /proc")
def test_no_descriptor_is_left_open():
    before = len(list(DESCRIPTORS.iterdir()))
    for _ in range(50):
        with silence():
            pass
    assert len(list(DESCRIPTORS.iterdir())) == before
