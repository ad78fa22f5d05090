"""How long a whole process takes to classify one picture, beside the shortest script that does it without Edgewright.

Three processes in turn: the bare script (ai_edge_litert, Pillow, NumPy; it applies no EXIF orientation and must be told
the preparation), the same through `edgewright.load`, and the command line.

    python benchmarks/classify_one_picture.py MODEL.tflite PHOTO.jpg LABELS.txt
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from edgewright.machine import describe, interleave

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

TARGETS = {"edgewright.load": 1.15, "edgewright run": 1.4}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("photo")
    parser.add_argument("labels")
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        timings = interleave(_processes(Path(folder), arguments), rounds=arguments.rounds, turn_s=0.001)
    ratios = {name: timings[name].ratio(timings["bare script"]) for name in TARGETS}
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.2f}x the bare script (target {TARGETS[name]}x)", file=sys.stderr)
    figures = {name: timing.to_dict() for name, timing in timings.items()}
    print(json.dumps({"ratios": ratios, "timings": figures, "machine": describe().to_dict()}, indent=2))


def _processes(folder: Path, arguments: argparse.Namespace) -> dict[str, Callable[[], object]]:
    (folder / "bare.py").write_text(BARE)
    (folder / "ours.py").write_text(OURS)
    command = Path(sys.executable).with_name("edgewright")
    what = (arguments.model, arguments.photo)
    return {
        "bare script": partial(_run, [sys.executable, folder / "bare.py", *what, arguments.labels]),
        "edgewright.load": partial(_run, [sys.executable, folder / "ours.py", *what]),
        "edgewright run": partial(_run, [command, "run", *what]),
    }


def _run(command: list[object]) -> None:
    subprocess.run(list(map(str, command)), check=True, capture_output=True)


if __name__ == "__main__":
    main()
