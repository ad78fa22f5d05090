"""Networks that end with another network, and how their outputs are taken to be made."""

from __future__ import annotations

from edgewright.train.compression.lessons import _makes


def how_outputs_are_made() -> dict[str, str]:
    """For each ending: as the network itself, inside of a functional network, and two networks deep."""
    import keras

    endings = {
        "softmax": [keras.layers.Dense(4, "softmax")],
        "a layer of softmax": [keras.layers.Dense(4), keras.layers.Softmax()],
        "sigmoid": [keras.layers.Dense(1, "sigmoid")],
        "logits": [keras.layers.Dense(4)],
    }
    made = {}
    for name, layers in endings.items():
        inner = keras.Sequential([keras.Input((6,)), *layers])
        inputs = keras.Input((6,))
        outer = keras.Model(inputs, inner(keras.layers.ReLU()(inputs)))
        deep = keras.Sequential([keras.Input((6,)), outer])
        made[name] = " ".join(_makes(network) or "none" for network in (inner, outer, deep))
    return made
