"""What becomes of a shared value: its gradient beside those of the weights, as JSON. `python sharing_program.py`"""

from __future__ import annotations

import json

import keras
import numpy as np
import tensorflow as tf

from edgewright.train.compression.clustering import codebook, sharing


def main() -> None:
    """Compare gradients, step once along them, and write the values back."""
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input((6,)), keras.layers.BatchNormalization(), keras.layers.Dense(8)])
    kernel = network.layers[-1].kernel
    weights = kernel.numpy()
    weights[np.abs(weights) < 0.2] = 0
    book = codebook(weights, 4)
    kernel.assign(book.weights)
    inputs = np.random.RandomState(0).normal(2, 1, (20, 6)).astype(np.float32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(network(inputs, training=False) ** 3)
    each = tape.gradient(loss, kernel.value).numpy()
    model = sharing(network, {id(kernel): book})
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(inputs, training=False) ** 3)
    shared = tape.gradient(loss, model.shared[0].value).numpy()
    sums = [float(each[book.places == place].sum()) for place in range(len(book.values))]
    trained = [variable.path for variable in model.trainable_variables]
    before = network.layers[0].moving_mean.numpy()
    model(inputs, training=True)
    model.shared[0].assign(model.shared[0].numpy() + 0.5)
    model.settle()
    told = {
        "sums": sums,
        "shared": shared.tolist(),
        "zero": book.zero,
        "kernel is trained": any("kernel" in name for name in trained),
        "means moved": bool((network.layers[0].moving_mean.numpy() != before).all()),
        "zeros stay": bool(np.array_equal(kernel.numpy() == 0, weights == 0)),
        "moved": float(np.abs(kernel.numpy() - book.weights).max()),
        "trains again": kernel.trainable,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
