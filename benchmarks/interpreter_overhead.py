"""What a call through `edgewright.Interpreter` costs beside one through `ai_edge_litert`'s own.

    python benchmarks/interpreter_overhead.py [--json result.json]

One call is set_tensor + invoke + get_tensor on the tutorial's MNIST model (Flatten, Dense 128 ReLU, Dense 10; float32,
random weights, made with TensorFlow in a process of its own; or `--model FILE`). Each repetition opens fresh
interpreters and times them interleaved; the ratio of a repetition is the median over its rounds, and the figure is the
median of the repetitions. "control" is a second interpreter of `ai_edge_litert`: how far it is from 1 is how far the
measurement can be trusted. Target: at most 1.05.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.engine import Interpreter, load_runtime
from edgewright.machine import interleave
from edgewright.model import ModelFile
from outcome import Figure, at_most, finish

TARGET = 1.05


def main() -> None:
    options = parse()
    if options.make:
        make_model(options.make)
        return
    model = read_model(options.model)
    runs = [measure(model, options.rounds) for _ in range(options.repetitions)]
    about = {"operators": len(model.ops), "bytes": model.size}
    finish(
        "interpreter_overhead", figures(runs), options.json, model=about, runtime=str(load_runtime()), repetitions=runs
    )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", type=Path, help="measure on this .tflite file instead")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def read_model(path: Path | None) -> ModelFile:
    if path:
        return ModelFile.read(path)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "mnist.tflite")
        subprocess.run([sys.executable, __file__, "--make", made], check=True, capture_output=True)
        return ModelFile.read(made.read_bytes())


def make_model(path: Path) -> None:
    import tensorflow as tf

    layers = [tf.keras.Input((28, 28), batch_size=1), tf.keras.layers.Flatten()]
    layers += [tf.keras.layers.Dense(128, activation="relu"), tf.keras.layers.Dense(10)]
    network = tf.keras.Sequential(layers)
    with tempfile.TemporaryDirectory() as folder:
        network.export(folder, verbose=False)
        path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(folder).convert())


def measure(model: ModelFile, rounds: int) -> dict[str, dict[str, Any]]:
    theirs = load_runtime().module.Interpreter
    timings = interleave(
        {  # ours first: it keeps the runtime's one announcement off the terminal
            "edgewright": one_call(Interpreter(model_content=model), model),
            "runtime": one_call(theirs(model_content=model.data), model),
            "control": one_call(theirs(model_content=model.data), model),
        },
        rounds=rounds,
    )
    base = timings["runtime"]
    return {name: {"ratio": one.ratio(base), **one.to_dict()} for name, one in timings.items()}


def one_call(interpreter: Any, model: ModelFile) -> Callable[[], object]:
    interpreter.allocate_tensors()
    given, wanted = model.inputs[0].index, model.outputs[0].index
    value = np.random.default_rng(0).random(model.inputs[0].shape).astype(model.inputs[0].dtype)

    def call() -> object:
        interpreter.set_tensor(given, value)
        interpreter.invoke()
        return interpreter.get_tensor(wanted)

    return call


def figures(runs: list[dict[str, dict[str, Any]]]) -> list[Figure]:
    return [
        Figure("a call of the runtime", statistics.median(run["runtime"]["median_s"] for run in runs) * 1e6, "µs"),
        Figure.of("through Edgewright", [run["edgewright"]["ratio"] for run in runs], "times", at_most(TARGET)),
        Figure.of("the runtime once more", [run["control"]["ratio"] for run in runs], "times"),
    ]


if __name__ == "__main__":
    main()
