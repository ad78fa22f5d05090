"""What one proven conversion costs beside the bare converter, each in a fresh process; and what fifty leave behind.

The bare script loads the model with Keras and calls TensorFlow's converter, and compares nothing. Ours is
`edgewright.convert`, once on the path and once on the live object. Then fifty conversions in one process: how much its
resident memory grew, with Edgewright and with the bare converter.

    python benchmarks/one_conversion.py MODEL.h5 [--rounds 5] [--conversions 50] [--json result.json]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from edgewright.machine import Timing, interleave
from outcome import Figure, at_most, finish

_LOAD = """
import sys
import keras
model = keras.models.load_model(sys.argv[1], compile=False)
"""
_BARE = """
import tensorflow as tf
open(sys.argv[2], "wb").write(tf.lite.TFLiteConverter.from_keras_model(model).convert())
"""
_OURS = """
import sys
import edgewright as ew
ew.convert(sys.argv[1]).save(sys.argv[2], overwrite=True)
"""
_OURS_LIVE = """
import edgewright as ew
ew.convert(model).save(sys.argv[2], overwrite=True)
"""
SCRIPTS = {"bare converter": _LOAD + _BARE, "edgewright, path": _OURS, "edgewright, live object": _LOAD + _OURS_LIVE}
TARGET = 1.2

_RESIDENT = """
import sys
import re
def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read()).group(1)) * 1024
def grown(convert, count):
    convert()
    before = resident()
    for _ in range(count):
        convert()
    print(resident() - before)
"""
_MANY_OURS = _RESIDENT + "import edgewright as ew\ngrown(lambda: ew.convert(sys.argv[1]), int(sys.argv[2]))\n"
_MANY_BARE = (
    _RESIDENT
    + _LOAD
    + "import tensorflow as tf\n"
    + "grown(lambda: tf.lite.TFLiteConverter.from_keras_model(model).convert(), int(sys.argv[2]))\n"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--conversions", type=int, default=50)
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        timings = interleave(_processes(Path(folder), arguments.model), rounds=arguments.rounds, turn_s=0.001)
    growth = {
        "edgewright": _growth(_MANY_OURS, arguments.model, arguments.conversions),
        "bare converter": _growth(_MANY_BARE, arguments.model, arguments.conversions),
    }
    finish("one_conversion", list(_figures(timings, growth, arguments.conversions)), arguments.json,
           timings={name: timing.to_dict() for name, timing in timings.items()}, bytes_grown=growth)  # fmt: skip


def _figures(timings: Mapping[str, Timing], growth: Mapping[str, int], conversions: int) -> Iterator[Figure]:
    bare = timings["bare converter"]
    yield Figure.of("bare converter", bare.round_medians, "s")
    for name, timing in timings.items():
        if timing is not bare:
            yield Figure.of(f"{name}, beside it", timing.ratios(bare), "times", at_most(TARGET))
    for name, grown in growth.items():
        yield Figure(f"{conversions} conversions, {name}", grown / 1e6, "MB")


def _processes(folder: Path, model: Path) -> dict[str, Callable[[], object]]:
    commands = {}
    for number, (name, script) in enumerate(SCRIPTS.items()):
        path = folder / f"script_{number}.py"
        path.write_text(script)
        commands[name] = partial(_run, [sys.executable, path, model.resolve(), folder / f"{number}.tflite"])
    return commands


def _growth(script: str, model: Path, count: int) -> int:
    done = _run([sys.executable, "-c", script, model.resolve(), count])
    return int(done.splitlines()[-1])


def _run(command: list[object]) -> str:
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, env=quiet)
    return done.stdout


if __name__ == "__main__":
    main()
