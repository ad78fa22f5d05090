"""Small networks of many architectures, trained on small pictures: python qat_networks.py FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

CLASSES, SAMPLES = 4, 240


def data(name: str) -> tuple[Any, Any]:
    """Noisy copies of a picture for each class, as bytes; of a series, numbers."""
    random = np.random.RandomState(0)
    classes = np.arange(SAMPLES) % CLASSES
    patterns = random.normal(size=(CLASSES, 12, 12, 3))
    noisy = 127.5 + 50 * (patterns[classes] + 0.7 * random.normal(size=(SAMPLES, 12, 12, 3)))
    pictures = np.clip(noisy, 0, 255).astype(np.uint8)
    return (pictures.reshape(SAMPLES, 24, 18) if name == "conv1d" else pictures), classes


def normalized(pictures: Any) -> Any:
    return ((pictures - 127.5) / 127.5).astype(np.float32)


def residual() -> Any:
    import keras
    from keras import layers

    inputs = keras.Input((12, 12, 3))
    left = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same", use_bias=False)(inputs)))
    right = layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same")(left))
    joined = layers.Activation("relu", name="after_sum")(layers.Add(name="sum")([left, right]))
    right = layers.BatchNormalization()(layers.Conv2D(16, 3, strides=2, padding="same")(joined))
    short = layers.Conv2D(16, 1, strides=2)(joined)
    pooled = layers.AveragePooling2D(6, name="pool")(layers.ReLU()(layers.add([right, short])))
    return keras.Model(inputs, layers.Dense(CLASSES, "softmax", name="scores")(layers.Flatten()(pooled)))


def separable() -> Any:
    import keras
    from keras import layers

    inputs = keras.Input((12, 12, 3))
    hidden = layers.BatchNormalization()(layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(inputs))
    hidden = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(layers.ReLU(6.0)(hidden))
    hidden = layers.Conv2D(16, 1)(layers.ReLU(6.0)(layers.BatchNormalization()(hidden)))
    hidden = layers.ReLU(6.0)(layers.BatchNormalization()(hidden))
    hidden = layers.SeparableConv2D(16, 3, activation="relu", depth_multiplier=2)(hidden)
    hidden = layers.Dropout(0.1)(layers.GlobalAveragePooling2D()(hidden))
    return keras.Model(inputs, layers.Dense(CLASSES, "softmax")(hidden))


def joined() -> Any:
    import keras
    from keras import layers

    inputs = keras.Input((12, 12, 3))
    one = layers.Conv2D(4, 3, padding="same", activation="relu", name="one")(inputs)
    two = layers.Conv2D(4, 1, activation="relu6", name="two")(inputs)
    pooled = layers.MaxPooling2D(3, 1, padding="same")(inputs)
    hidden = layers.Concatenate(name="together")([one, two, pooled])
    hidden = layers.ReLU()(layers.BatchNormalization(name="alone")(hidden))
    hidden = layers.Conv2D(8, 3, activation="silu")(layers.MaxPooling2D()(hidden))
    hidden = layers.GlobalMaxPooling2D()(layers.Conv2D(8, 3, activation="hard_silu")(hidden))
    return keras.Model(inputs, layers.Dense(CLASSES)(hidden))


def dense() -> Any:
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Flatten(),
            layers.Dense(16, "relu"),
            layers.BatchNormalization(),
            layers.Dense(16, "tanh"),
            layers.Dense(8, "sigmoid"),
            layers.Dense(CLASSES, "softmax"),
        ]
    )


def conv1d() -> Any:
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((24, 18)),
            layers.Conv1D(8, 5, padding="causal", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling1D(2),
            layers.Conv1D(8, 3, padding="same", strides=2, activation="elu", name="float_behind"),
            layers.SeparableConv1D(8, 3, activation="relu"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(CLASSES, "softmax"),
        ]
    )


def mixed() -> Any:
    """A network inside of another, a gate, calls of `keras.ops`, a layer called twice, one without 8 bits."""
    import keras
    from keras import layers

    inputs = keras.Input((12, 12, 3))
    inner = [
        keras.Input((5, 5, 8)),
        layers.Conv2D(8, 3, activation="leaky_relu"),
        layers.UpSampling2D(),
        layers.Conv2DTranspose(8, 3, strides=2),
    ]
    seen = keras.Sequential(inner, name="inner")(layers.Conv2D(8, 3, strides=2, activation="relu")(inputs))
    twice = layers.Conv2D(8, 1, name="twice")
    gate = layers.Dense(8, "sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(twice(seen)))
    gated = keras.ops.maximum(layers.Multiply()([seen, gate]), twice(seen))
    hidden = layers.Conv2D(4, 3, padding="same", activation="gelu")(layers.LayerNormalization(name="norm")(gated))
    pooled = layers.GlobalAveragePooling2D()(hidden)
    return keras.Model(inputs, layers.Dense(CLASSES, "softmax")(pooled + keras.ops.relu(pooled)))


def shared() -> Any:
    """One activation and one convolution, each called three times."""
    import keras
    from keras import layers

    inputs = keras.Input((12, 12, 3))
    relu, again = layers.ReLU(name="relu"), layers.Conv2D(8, 3, padding="same", name="again")
    hidden = relu(layers.BatchNormalization()(layers.Conv2D(8, 3, strides=2)(inputs)))
    hidden = again(relu(again(relu(again(hidden)))))
    return keras.Model(inputs, layers.Dense(CLASSES, "softmax")(layers.GlobalAveragePooling2D()(hidden)))


NETWORKS = {
    "residual": residual,
    "separable": separable,
    "joined": joined,
    "dense": dense,
    "conv1d": conv1d,
    "mixed": mixed,
    "shared": shared,
}


def main(folder: Path) -> None:
    import keras

    for name, build in NETWORKS.items():
        keras.utils.set_random_seed(1)
        network = build()
        logits = network.layers[-1].activation.__name__ == "linear"
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=logits)
        network.compile(keras.optimizers.Adam(3e-3), loss)
        pictures, classes = data(name)
        network.fit(normalized(pictures), classes, epochs=2, verbose=0)
        network.save(folder / f"{name}.keras")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
