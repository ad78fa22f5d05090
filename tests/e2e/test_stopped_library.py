"""Ctrl-C in a program that uses the library: one KeyboardInterrupt in the program, no word of anybody else, no process
left. Ctrl-C goes to all processes of a terminal, so to our children as well."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAM = """
import itertools, sys
import edgewright as ew
model, source, photo = sys.argv[1:]
try:
    print("begun", flush=True)
    {call}
    print("ended by itself", flush=True)
except KeyboardInterrupt:
    sys.exit("stopped")
"""

# What is called -> whether a child of ours is at work then.
CALLS = {
    "[ew.convert(source) for _ in range(9)]": True,
    "[ew.convert(source, quantize='dynamic') for _ in range(9)]": True,
    "[ew.bench(model, rounds=99) for _ in range(99)]": True,
    "[ew.check(model) for _ in range(999)]": True,
    "list(ew.load(model).stream(itertools.repeat(photo)))": False,
    "[ew.load(model)(photo) for _ in range(9999)]": False,
    "ew.Agent(model, itertools.repeat(photo), sinks=[lambda event: None], state='state').run()": True,
    "[ew.rewrite(model) for _ in range(999)]": False,
}


def children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def wait_for(held: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not held() and time.monotonic() < until:
        time.sleep(0.02)
    assert held()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are looked up in /proc")
@pytest.mark.parametrize("call", CALLS)
def test_ctrl_c_is_one_exception_and_nothing_else(call: str, shared_file, tmp_path: Path):
    files = ("models/mobilenet_v1_0.25_128_quant.tflite", "sources/pretrainedResnet.h5", "images/cat.bmp")
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(call=call), *map(shared_file, files)],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert program.stdout is not None
    assert program.stdout.readline() == "begun\n"
    if CALLS[call]:
        wait_for(lambda: children(program.pid) or program.poll() is not None)
    time.sleep(0.5)
    left = children(program.pid)
    os.killpg(program.pid, signal.SIGINT)
    printed, complained = program.communicate(timeout=60)
    assert (program.returncode, printed, complained) == (1, "", "stopped\n")
    wait_for(lambda: not any(Path(f"/proc/{child}").exists() for child in left))
