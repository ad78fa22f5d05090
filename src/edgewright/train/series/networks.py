"""The networks: one that tells classes apart, and one that makes a window again as it would be if all were normal."""

from __future__ import annotations

from typing import Any


def classifier(window: int, columns: int, classes: int) -> Any:
    """Three convolutions along the time, mean and most of what they find, and a layer: 2,500 weights for three columns.

    Depthwise separable convolutions as in DS-CNN (Zhang et al., "Hello Edge", arXiv 1711.07128, section 3), along one
    axis; what is found most strongly says how strong a movement is, the mean how much of it there is. Takes
    (n, window, columns) normalized, gives probabilities (n, classes).
    """
    from keras import Input, Model, layers

    inputs = Input((window, columns))
    found = layers.Conv1D(16, 9, padding="same", activation="relu")(inputs)
    for filters in (32, 32):
        if found.shape[1] >= 8:
            found = layers.MaxPooling1D(2)(found)
        found = layers.SeparableConv1D(filters, 5, padding="same", activation="relu")(found)
    found = layers.Concatenate()([layers.GlobalAveragePooling1D()(found), layers.GlobalMaxPooling1D()(found)])
    found = layers.Dropout(0.2)(found)
    return Model(inputs, layers.Dense(classes, activation="softmax")(found))


def autoencoder(window: int, columns: int) -> Any:
    """Fully connected layers through a bottleneck, as the anomaly detector of MLPerf Tiny (arXiv 2106.07597) has them.

    Takes and gives (n, window, columns) normalized.
    """
    from keras import Input, Model, layers

    inputs = Input((window, columns))
    found = layers.Flatten()(inputs)
    for width, activation in ((_WIDE, "relu"), (bottleneck(columns), None), (_WIDE, "relu")):
        found = layers.Dense(width, activation=activation)(found)
    return Model(inputs, layers.Reshape((window, columns))(layers.Dense(window * columns)(found)))


_WIDE = 64


def bottleneck(columns: int) -> int:
    """How many numbers a normal window is: a sine of any phase takes two, and columns move together."""
    return max(8, min(4 * columns, 32))
