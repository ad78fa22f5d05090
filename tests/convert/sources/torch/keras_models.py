"""Converts models of Keras where there is no TensorFlow, as a user's program would: `python keras_models.py FOLDER`."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from keras import layers

from edgewright.convert import convert


def picture_model() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((12, 10, 3), name="picture"),
            layers.Conv2D(8, 3, strides=2, padding="same", name="first"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2DTranspose(4, 3, strides=2, padding="same"),
            layers.MaxPooling2D(),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax", name="class"),
        ]
    )


def two_inputs() -> keras.Model:
    words, numbers = keras.Input((5,), dtype="int32", name="words"), keras.Input((4, 3), name="numbers")
    read = layers.GlobalAveragePooling1D()(layers.Embedding(20, 4)(words))
    heard = layers.GRU(4)(numbers)
    return keras.Model({"words": words, "numbers": numbers}, {"sum": read + heard, "apart": layers.Dense(2)(read)})


def main(folder: Path) -> None:
    keras.utils.set_random_seed(3)
    assert find_spec("tensorflow") is None
    model = picture_model()
    model.save(folder / "picture.keras")
    picture = np.random.default_rng(0).random((1, 12, 10, 3), dtype=np.float32)
    np.savez(folder / "picture.npz", picture=picture, expected=np.asarray(model(picture, training=False).detach()))
    converted = convert(two_inputs())
    converted.save(folder / "two.tflite")
    provenance = converted.metadata.provenance
    assert provenance is not None
    said = {output["name"]: output["snr_db"] for output in provenance.measured["agreement"]["outputs"]}
    (folder / "said.json").write_text(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
