"""Builds models of pictures that do something to their pixels first, converts them, and writes what came of it.

python normalizing_models.py FOLDER
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from edgewright.convert.description import described
from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.children import convert_path
from edgewright.convert.sources.tensorflow.keras_archive import KerasArchive
from edgewright.convert.sources.tensorflow.saved_model import SavedModel
from edgewright.errors import EdgewrightError
from edgewright.model import ModelFile

SIDE = 8
layers = keras.layers


def net(*front: Any, channels: int = 3) -> Any:
    """Some layers at the front, and a network that tells dark, medium and bright pictures apart behind them."""
    keras.utils.set_random_seed(1)
    back = [layers.Conv2D(6, 3, activation="relu"), layers.GlobalAveragePooling2D(), layers.Dense(3)]
    return keras.Sequential([keras.Input((SIDE, SIDE, channels)), *front, *back])


def learned(mean: float, deviation: float) -> Any:
    """A normalization over batches that has seen pictures."""
    model = net(layers.BatchNormalization())
    values = [np.ones(3), np.zeros(3), np.full(3, mean), np.full(3, deviation**2)]
    model.layers[0].set_weights(values)
    return model


def nested() -> Any:
    return net(keras.Sequential([layers.RandomFlip(), layers.Rescaling(1 / 255)], name="before"))


def branched() -> Any:
    """As applications of Keras are used: a function of layers, with a model inside."""
    picture = keras.Input((SIDE, SIDE, 3))
    return keras.Model(picture, net()(layers.Rescaling(1 / 127.5, offset=-1)(picture)))


def telling() -> Any:
    """Tells by its brightness which of three classes a picture from 0 to 1 is of, as the labels of `shades` have it."""
    picture = keras.Input((SIDE, SIDE, 3))
    middle = layers.Reshape((1,))(keras.ops.mean(picture, axis=(1, 2, 3)))
    model = keras.Model(picture, layers.Activation("softmax")(layers.Dense(3)(middle)))
    model.layers[-2].set_weights([np.array([[0.0, 10.0, 20.0]]), np.array([0.0, -3.3, -10.0])])
    return model


MODELS = {
    "zero_to_one": lambda: net(layers.Rescaling(1 / 255)),
    "around_zero": lambda: net(layers.Rescaling(1 / 127.5, offset=-1)),
    "gray": lambda: net(layers.Rescaling(1 / 255), channels=1),
    "normalization": lambda: net(layers.Normalization(mean=[118.0, 110, 100], variance=[3600.0, 3500, 3400])),
    "two": lambda: net(
        layers.Rescaling(1 / 255), layers.Normalization(mean=[0.485, 0.456, 0.406], variance=[0.0524, 0.0502, 0.0506])
    ),
    "resized": lambda: net(layers.Resizing(6, 6), layers.Rescaling(1 / 255)),
    "augmented": lambda: net(layers.RandomFlip(), layers.RandomRotation(0.1), layers.Rescaling(1 / 255)),
    "dropped": lambda: net(layers.Dropout(0.2), layers.Rescaling(1 / 255)),
    "nested": nested,
    "branched": branched,
    "learned": lambda: learned(118, 60),
    "doubled": lambda: net(layers.Rescaling(2.0, offset=-1)),
    "plain": lambda: net(),
    "fresh": lambda: net(layers.BatchNormalization()),
    "learned_small": lambda: learned(0.45, 0.25),
    "decibels": lambda: net(layers.Normalization(mean=-40.0, variance=400.0), channels=1),
    "telling": telling,
}

# They draw at random outside of training too, and do nothing with it.
AUGMENTATIONS = {
    "RandomColorDegeneration": {"factor": 0.5},
    "RandomGrayscale": {"factor": 0.5},
    "RandomHue": {"factor": 0.2},
    "RandomPosterization": {"factor": 4},
    "RandomSaturation": {"factor": 0.5},
    "RandomSharpness": {"factor": 0.5},
}

PIXELS = np.random.default_rng(0).integers(0, 256, (40, SIDE, SIDE, 3)).astype(np.uint8)
SHADES = np.random.default_rng(0).integers(0, 255, 60)


def write_data(folder: Path) -> None:
    labels = np.arange(len(PIXELS)) % 3
    np.savez(folder / "bytes.npz", x=PIXELS, y=labels)
    np.savez(folder / "floats.npz", x=PIXELS.astype(np.float32), y=labels)
    np.savez(folder / "fractions.npz", x=PIXELS.astype(np.float32) / 255, y=labels)
    np.savez(folder / "around.npz", x=PIXELS.astype(np.float32) / 127.5 - 1, y=labels)
    shades = np.broadcast_to(SHADES[:, None, None, None], (len(SHADES), SIDE, SIDE, 3)).astype(np.uint8)
    np.savez(folder / "shades.npz", x=shades, y=np.digitize(SHADES / 255, (0.33, 0.67)))


def int8(data: str, **options: Any) -> dict[str, Any]:
    return {"quantize": "int8", "representative_data": data, **options}


def cases() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name, model and options of each conversion."""
    yield from ((name, name, {}) for name in MODELS if name != "telling")
    yield from ((name, name, {}) for name in AUGMENTATIONS)
    yield "said as it is", "zero_to_one", {"normalization": (0, 1)}
    yield "said twice", "zero_to_one", {"normalization": (0, 255)}
    yield "said twice around zero", "around_zero", {"normalization": (127.5, 127.5)}
    yield "bytes", "zero_to_one", int8("bytes.npz")
    yield "fractions", "zero_to_one", int8("fractions.npz")
    yield "doubled, bytes", "doubled", int8("bytes.npz")
    yield "plain, bytes", "plain", int8("bytes.npz", normalization=(0, 255))
    yield "plain, floats", "plain", int8("floats.npz", normalization=(0, 255))
    yield "plain, fractions", "plain", int8("fractions.npz", normalization=(0, 255))
    yield "plain, fractions for -1 to 1", "plain", int8("fractions.npz", normalization=(127.5, 127.5))
    yield "plain, -1 to 1", "plain", int8("around.npz", normalization=(127.5, 127.5))
    yield "plain, bytes, unsaid", "plain", int8("bytes.npz")
    yield "telling, unsaid", "telling", int8("shades.npz")
    yield "telling", "telling", int8("shades.npz", normalization=(0, 255))
    yield "saved model", "around_zero_saved", {}  # the last: Keras does not load behind it


def outcome(path: Path, options: dict[str, Any], folder: Path) -> dict[str, Any]:
    source = SavedModel() if path.is_dir() else KerasArchive()
    if "representative_data" in options:
        options = options | {"representative_data": folder / options["representative_data"]}
    asked = ConversionOptions.of(**options)
    try:
        with tempfile.TemporaryDirectory() as work:
            product = convert_path(source, path, asked, Path(work))
    except EdgewrightError as error:
        return {"error": str(error)}
    made = described(ModelFile(product.data, path.name), asked, product, source, path, "")
    said = made.metadata.inputs[0]
    quantized = next((spec for spec in made.main.tensors if spec.scale and spec.shape == made.inputs[0].shape), None)
    return {
        "mean": said.mean,
        "std": said.std,
        "kind": said.kind,
        "notices": product.notices,
        "scale": quantized.scale[0] if quantized else None,
    }


def main(folder: Path) -> None:
    write_data(folder)
    for name, build in MODELS.items():
        build().save(folder / f"{name}.keras")
    for name, options in AUGMENTATIONS.items():
        net(getattr(layers, name)(**options)).save(folder / f"{name}.keras")
    MODELS["around_zero"]().export(folder / "around_zero_saved", verbose=False)
    found = {}
    for name, model, options in cases():
        path = folder / (model if model.endswith("saved") else f"{model}.keras")
        found[name] = outcome(path, options, folder)
    (folder / "outcomes.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
