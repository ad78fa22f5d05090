"""The network that tells sounds apart: a small one of depthwise separable convolutions; for a child process.

Source: Zhang et al., Hello Edge: Keyword Spotting on Microcontrollers, 2017 (arXiv 1711.07128), table 5, DS-CNN S: a
convolution of 10 frames by 4 bands, then four separable ones, 64 channels. Since 98 frames of 40 bands come in, and
not 49 of 10, the second layer has steps of 2 as well. 23,000 weights.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from edgewright.train.sounds.front_end import front_end
from edgewright.train.sounds.log_mel import BANDS, RATE

_CHANNELS = 64
_BLOCKS = 4
_DROPOUT = 0.2
# With 0.99, as Keras has it, the statistics would lag behind a training of some hundred steps.
_MOMENTUM = 0.9


def classifier(frames: int, classes: int, mean: npt.NDArray[Any], std: npt.NDArray[Any]) -> Any:
    """A Keras model from features (frames, 40) to probabilities (classes,); `mean` and `std` (40,) are those of them.

    Its weights follow from the seed that is set: see `train.epochs.deterministic`.
    """
    import keras
    from keras import layers

    features = keras.Input((frames, BANDS), name="log_mel")
    scaled = layers.Rescaling((1 / std).tolist(), (-mean / std).tolist(), name="normalized")(features)
    values = layers.Reshape((frames, BANDS, 1))(scaled)
    values = _normalized(layers.Conv2D(_CHANNELS, (10, 4), 2, padding="same", use_bias=False)(values))
    for block in range(_BLOCKS):
        strides = 1 if block else 2
        values = _normalized(layers.DepthwiseConv2D(3, strides, padding="same", use_bias=False)(values))
        values = _normalized(layers.Conv2D(_CHANNELS, 1, use_bias=False)(values))
    pooled = layers.Dropout(_DROPOUT)(layers.GlobalAveragePooling2D()(values))
    return keras.Model(features, layers.Dense(classes, activation="softmax", name="scores")(pooled))


def with_front_end(trained: Any, window: int) -> Any:
    """The same behind its features: from samples (window,), -1 to 1, to probabilities."""
    import keras

    samples = keras.Input((window,), name="samples")
    return keras.Model(samples, trained(front_end(samples)), name=f"sounds_{RATE}")


def _normalized(values: Any) -> Any:
    from keras import layers

    return layers.ReLU()(layers.BatchNormalization(momentum=_MOMENTUM)(values))
