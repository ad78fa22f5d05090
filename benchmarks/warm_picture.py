"""What classifying one picture costs in a warm process, beside LiteRT with the same preparation written by hand.

    python benchmarks/warm_picture.py MODEL.tflite [MODEL.tflite …] [--json result.json]

Both get the same array of 640 x 480 pixels, make a picture of it, resize it, run one thread, and turn the outputs into
scores in falling order. Models that take bytes, since the hand-written side puts pixels in as they are.
What is timed is the processor time of the thread, so that other work on the machine does not count.
Target: at most 3% and 50 microseconds more.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from edgewright.engine import load_runtime
from edgewright.machine import interleave
from edgewright.machine._load import system_probe
from edgewright.model import ModelFile
from edgewright.task import open_task
from outcome import Figure, at_most, finish

SHARE, MORE_S = 0.03, 50e-6


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    options = parser.parse_args()
    measured = {path.stem: measure(ModelFile.read(path), options.rounds) for path in options.models}
    finish("warm_picture", list(figures(measured)), options.json, models=measured)


def figures(measured: dict[str, dict[str, Any]]) -> Iterator[Figure]:
    for name, one in measured.items():
        yield Figure(f"{name}, by hand", one["by_hand"]["median_s"] * 1e3, "ms")
        more = [1e6 * value for value in one["more_rounds_s"]]
        yield Figure.of(f"{name}, more through `classify(array)`", more, "µs", at_most(1e6 * one["allowed_s"]))
        yield Figure(f"{name}, more by hand once more", one["control_more_s"] * 1e6, "µs")


def measure(model: ModelFile, rounds: int) -> dict[str, Any]:
    """Times and what is more: the median over the rounds of the difference within a round."""
    picture = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    with open_task(model) as classify:
        timings = interleave(
            {
                "classify": lambda: classify(picture)[0],
                "by_hand": by_hand(model, picture),
                "control": by_hand(model, picture),
            },
            rounds=rounds,
            turn_s=0.05,
            probe=dataclasses.replace(system_probe(), now=time.thread_time_ns),
        )
    base = timings["by_hand"]
    return {
        "more_rounds_s": [(ratio - 1) * base.median_s for ratio in timings["classify"].ratios(base)],
        "more_s": (timings["classify"].ratio(base) - 1) * base.median_s,
        "control_more_s": (timings["control"].ratio(base) - 1) * base.median_s,
        "allowed_s": SHARE * base.median_s + MORE_S,
        **{name: timing.to_dict() for name, timing in timings.items()},
    }


def by_hand(model: ModelFile, picture: npt.NDArray[np.uint8]) -> Callable[[], object]:
    interpreter = load_runtime().module.Interpreter(model_content=model.data, num_threads=1)
    interpreter.allocate_tensors()
    given, made = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    height, width = (int(length) for length in given["shape"][1:3])
    scale, zero_point = made["quantization"]
    labels = model.metadata.outputs[0].labels

    def call() -> object:
        resized = Image.fromarray(picture).resize((width, height), Image.Resampling.BILINEAR)
        interpreter.set_tensor(given["index"], np.expand_dims(np.asarray(resized), 0))
        interpreter.invoke()
        scores = scale * (interpreter.get_tensor(made["index"])[0].astype(np.float32) - zero_point)
        best = np.argsort(-scores, kind="stable")[0]
        return labels[best], scores[best]

    return call


if __name__ == "__main__":
    sys.exit(main())
