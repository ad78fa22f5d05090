"""A small network that has seen other pictures, what trainings in tests start from; and where networks are cut.

`python build_backbones.py FOLDER` leaves `tiny.keras`, files that are no backbone, and `facts.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

from edgewright.errors import EdgewrightError
from edgewright.hub.efficientnet_lite import build_network
from edgewright.train.pictures.backbone import Shape
from edgewright.train.pictures.network import open_network

SIDE = 32


def tiny() -> keras.Model:
    """Stem, two blocks with a way round them, pool, scores: where it can be cut there is one tensor."""
    image = keras.Input((SIDE, SIDE, 3), name="image")
    x = keras.layers.Conv2D(8, 3, 2, padding="same", use_bias=False, name="stem_conv")(image)
    x = keras.layers.ReLU(6.0, name="stem_relu")(keras.layers.BatchNormalization(name="stem_bn")(x))
    for block in range(3):
        before = x
        x = keras.layers.Conv2D(8, 3, padding="same", use_bias=False, name=f"block{block}_conv")(x)
        x = keras.layers.ReLU(6.0, name=f"block{block}_relu")(
            keras.layers.BatchNormalization(name=f"block{block}_bn")(x)
        )
        x = keras.layers.Add(name=f"block{block}_add")([x, before])
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    x = keras.layers.Dense(5, name="logits")(x)
    return keras.Model(image, keras.layers.Softmax(name="probabilities")(x), name="tiny")


def learn(model: keras.Model) -> None:
    """Five kinds of random stripes and dots, for a moment."""
    random = np.random.RandomState(0)
    kinds = random.randint(0, 5, 200)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    patterns = np.stack([np.sin(rows / 2), np.sin(columns / 2), np.sin((rows + columns) / 3), rows / 32, columns / 32])
    pixels = patterns[kinds][..., None] * random.uniform(0.3, 1, (200, 1, 1, 3)) + random.normal(
        0, 0.2, (200, SIDE, SIDE, 3)
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(pixels.astype(np.float32), kinds, epochs=4, verbose=0)


def chain(*layers: keras.layers.Layer, side: int = SIDE) -> keras.Model:
    """A network without any way round."""
    return keras.Sequential([keras.Input((side, side, 3)), *layers], name="chain")


def loud() -> keras.Model:
    """One channel is always 100,000, so that 8 bits for all of them have no room for what the others say."""
    network = chain(
        keras.layers.Rescaling(1 / 255), keras.layers.Conv2D(9, 3, 2, name="one"), keras.layers.GlobalAveragePooling2D()
    )
    kernel, bias = network.get_layer("one").get_weights()
    kernel[..., 8], bias[8] = 0, 1e5
    network.get_layer("one").set_weights([kernel, bias])
    return network


def others() -> dict[str, keras.Model]:
    """Networks of other makes; the last two are no backbone."""
    conv, dense = keras.layers.Conv2D, keras.layers.Dense
    scaled = keras.layers.Rescaling(1 / 255)
    pool = keras.layers.GlobalAveragePooling2D
    return {
        "efficientnet": build_network(),
        "loud": loud(),
        "chain": chain(scaled, conv(8, 3, name="one"), conv(8, 3, name="two"), conv(8, 3, name="three"), pool()),
        "map": chain(conv(4, 3), conv(6, 3)),
        "dense": chain(keras.layers.Flatten(), dense(7, "relu"), dense(3, "softmax")),
        "free": keras.Sequential([keras.Input((None, None, 3)), conv(4, 3), pool(), dense(2)]),
        "series": keras.Sequential([keras.Input((20, 3)), keras.layers.Flatten(), dense(2)]),
    }


def facts(path: Path | Shape) -> dict[str, Any]:
    """Where it is cut, and what its features are; or why it is no backbone."""
    try:
        network = open_network(path)
    except EdgewrightError as error:
        return {"error": str(error)}
    between = list(network.between.shape[1:]) if network.cut else []
    return {
        "cut": network.cut, "between": between, "width": network.width, "shape": network.shape,
        "normalizes": network.normalizes,
    }  # fmt: skip


def main(folder: Path) -> None:
    keras.utils.set_random_seed(0)
    network = tiny()
    learn(network)
    network.save(folder / "tiny.keras")
    found = {"tiny": facts(folder / "tiny.keras"), "untrained": facts(Shape(2, 0.35, 64))}
    for name, model in others().items():
        model.save(folder / f"{name}.keras")
        found[name] = facts(folder / f"{name}.keras")
    (folder / "facts.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
