"""Converts live Keras objects as a user's program would: `python live_objects.py FOLDER`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np

from edgewright.convert import convert
from edgewright.errors import EdgewrightError


class Doubled(keras.layers.Layer):
    """A class that exists in this program only, and does something else in training."""

    def call(self, x: Any, training: bool = False) -> Any:
        return x * 2 + (100.0 if training else 0.0)


class Own(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = keras.layers.Dense(8, activation="relu")
        self.doubled = Doubled()

    def call(self, x: Any, training: bool = False) -> dict[str, Any]:
        hidden = self.hidden(x)
        return {"last": self.doubled(hidden, training=training), "first": hidden}


def main(folder: Path) -> dict[str, Any]:
    keras.utils.set_random_seed(3)
    said: dict[str, Any] = {}
    never_called = Own()
    try:
        convert(never_called)
    except EdgewrightError as error:
        said["never called"] = f"{type(error).__name__}: {error}"
    convert(never_called, input_shape=(4,)).save(folder / "shaped.tflite")

    own = Own()
    inputs = np.random.default_rng(0).random((3, 4), dtype=np.float32)
    expected = own(inputs)
    convert(own).save(folder / "own.tflite")
    np.savez(folder / "own.npz", inputs=inputs, first=expected["first"], last=expected["last"])

    recurrent = keras.Sequential([keras.Input((5, 3), name="x"), keras.layers.GRU(4)])
    samples = np.random.default_rng(0).random((20, 5, 3), dtype=np.float32)
    convert(recurrent, quantize="int8", representative_data=samples).save(folder / "gru.tflite")
    said["unroll afterwards"] = recurrent.layers[0].unroll
    keras.config.set_dtype_policy("mixed_float16")
    built = keras.Sequential([keras.Input((4,), name="x"), Doubled(), keras.layers.Dense(3)])
    narrow, before = Own(), [np.array(weight) for weight in built.get_weights()]
    narrow(inputs)
    keras.config.set_dtype_policy("float32")
    convert(built).save(folder / "mixed.tflite")
    said["mixed afterwards"] = built.layers[-1].compute_dtype
    said["same weights"] = all(np.array_equal(*pair) for pair in zip(before, built.get_weights(), strict=True))
    try:
        convert(narrow)
    except EdgewrightError as error:
        said["mixed, with code of its own"] = str(error)
    print("stdout works afterwards", flush=True)
    print("stderr works afterwards", file=sys.stderr, flush=True)
    return said


if __name__ == "__main__":
    result = main(Path(sys.argv[1]))
    (Path(sys.argv[1]) / "said.json").write_text(json.dumps(result))
