"""How long a whole process takes to classify one picture, beside the shortest script that does it without Edgewright.

Three processes in turn: the bare script (ai_edge_litert, Pillow, NumPy; it applies no EXIF orientation and must be told
the preparation), the same through `edgewright.load`, and the command line. Processor time, and the clock beside it.
Ours verify the file and read the labels out of it, which the script does not; they let the decoder halve a photograph
that is many times too large, which costs the script up to a tenth of its time.

    python benchmarks/classify_one_picture.py MODEL.tflite PHOTO.jpg LABELS.txt [--json result.json]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgewright.machine import Timing, interleave
from outcome import Figure, at_most, finish

BARE = """
import sys
import numpy as np
from PIL import Image
from ai_edge_litert.interpreter import Interpreter
interpreter = Interpreter(model_path=sys.argv[1])
interpreter.allocate_tensors()
given, made = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
height, width = given["shape"][1:3]
picture = Image.open(sys.argv[2]).convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
interpreter.set_tensor(given["index"], np.asarray(picture)[None])
interpreter.invoke()
scale, zero = made["quantization"]
scores = (interpreter.get_tensor(made["index"])[0].astype(np.float32) - zero) * scale
labels = open(sys.argv[3]).read().splitlines()
for index in np.argsort(-scores)[:10]:
    print(labels[index], scores[index])
"""

OURS = """
import sys
import edgewright as ew
for one in ew.load(sys.argv[1])(sys.argv[2]).top(10):
    print(one.label, one.score)
"""

TARGETS = {"edgewright.load": 1.05, "edgewright run": 1.15}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("photo")
    parser.add_argument("labels")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        processes = _processes(Path(folder), arguments)
        timings = interleave(processes, rounds=arguments.rounds, turn_s=0.001)
    used = {name: process.used_s[-arguments.rounds :] for name, process in processes.items()}
    measured = {name: timing.to_dict() for name, timing in timings.items()}
    finish(
        "classify_one_picture", list(_figures(timings, used)), arguments.json, timings=measured, processor_used_s=used
    )


def _figures(timings: Mapping[str, Timing], used: Mapping[str, Sequence[float]]) -> Iterator[Figure]:
    bare = "bare script"
    yield Figure.of(f"{bare}, processor time", [1e3 * seconds for seconds in used[bare]], "ms")
    for name, target in TARGETS.items():
        ratios = [ours / least for ours, least in zip(used[name], used[bare], strict=True)]
        yield Figure.of(f"{name}, beside it", ratios, "times", at_most(target))
        yield Figure.of(f"{name}, beside it by the clock", timings[name].ratios(timings[bare]), "times")


@dataclass
class Process:
    """A command that is run from its start to its end, and the processor time of each run."""

    command: list[object]
    used_s: list[float] = field(default_factory=list)

    def __call__(self) -> None:
        """Run it once. Python keeps what it compiles, as it does after an installation."""
        before = _processor_s()
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
        subprocess.run(list(map(str, self.command)), check=True, capture_output=True, env=environment)
        self.used_s.append(_processor_s() - before)


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _processes(folder: Path, arguments: argparse.Namespace) -> dict[str, Process]:
    (folder / "bare.py").write_text(BARE)
    (folder / "ours.py").write_text(OURS)
    command = Path(sys.executable).with_name("edgewright")
    what = (arguments.model, arguments.photo)
    return {
        "bare script": Process([sys.executable, folder / "bare.py", *what, arguments.labels]),
        "edgewright.load": Process([sys.executable, folder / "ours.py", *what]),
        "edgewright run": Process([command, "run", *what]),
    }


if __name__ == "__main__":
    main()
