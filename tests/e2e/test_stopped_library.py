"""Ctrl-C in a program that uses the library: one KeyboardInterrupt in the program, no word of anybody else, no process
left. Ctrl-C goes to all processes of a terminal, so to our children as well."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from waiting import wait_for

PROGRAM = """
import itertools, sys
import numpy as np
import edgewright as ew
from edgewright.data import open_dataset as ew_data
model, source, photo, floats = sys.argv[1:]
random = np.random.default_rng(0)
pictures = random.integers(0, 256, (64, 128, 128, 3), np.uint8)
data = (pictures, np.arange(64) % 2)
large = pictures[:, :112, :112].repeat(2, 1).repeat(2, 2)
kinds = [(picture, "ab"[number % 2]) for number, picture in enumerate(pictures)]
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
    "[ew.inspect(model) for _ in range(9999)]": False,
    "[ew.evaluate(model, data) for _ in range(999)]": False,
    "[ew.evaluate(model, data, workers=2) for _ in range(999)]": False,
    "[ew.accuracy(model, ew_data(data)) for _ in range(999)]": False,
    "[ew.agreement(model, model, pictures[:, None].astype('f4')) for _ in range(99)]": False,
    "[ew.choose_engine(model, refresh=True) for _ in range(99)]": True,
    "[ew.teach(model, kinds, allow_poor=True) for _ in range(99)]": False,
    "ew.train(kinds, backbone=source, epochs=99)": True,
    "[ew.optimize(floats, large, work=f'{number}') for number in range(99)]": False,
    "ew.quickstart(epochs=99, photos=None)": True,
    "[ew.chain(model, model) for _ in range(999)]": False,
    "[ew.load(model, engine='auto') for _ in range(99)]": False,
}


def children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are looked up in /proc")
@pytest.mark.parametrize("call", CALLS)
def test_ctrl_c_is_one_exception_and_nothing_else(call: str, shared_file, tmp_path: Path):
    files = (
        "models/mobilenet_v1_0.25_128_quant.tflite", "sources/pretrainedResnet.h5", "images/cat.bmp",
        "models/mobilenet_v1_0.25_224_float_metadata.tflite",
    )  # fmt: skip
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
