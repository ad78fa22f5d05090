"""SavedModels with and without fake quantization: python trained_models.py FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

KERNEL = np.random.RandomState(0).normal(size=(3, 3, 3, 8)).astype(np.float32)


class Network(tf.Module):  # type: ignore[misc]
    """A convolution and its mean; `rounded` as training with fake quantization leaves it behind."""

    def __init__(self, *, rounded: bool) -> None:
        super().__init__()
        self._rounded = rounded

    @tf.function(input_signature=[tf.TensorSpec((1, 8, 8, 3), tf.float32, "picture")])  # type: ignore[untyped-decorator]
    def __call__(self, picture: Any) -> Any:
        kernel, reach = tf.constant(KERNEL), np.abs(KERNEL).max(axis=(0, 1, 2))
        if self._rounded:
            picture = tf.quantization.fake_quant_with_min_max_vars(picture, -1.0, 1.0)
            kernel = tf.quantization.fake_quant_with_min_max_vars_per_channel(kernel, -reach, reach, narrow_range=True)
        hidden = tf.nn.relu(tf.nn.conv2d(picture, kernel, 1, "SAME"))
        if self._rounded:
            hidden = tf.quantization.fake_quant_with_min_max_vars(hidden, 0.0, 12.0)
        mean = tf.reduce_mean(hidden, axis=(1, 2))
        return tf.quantization.fake_quant_with_min_max_vars(mean, 0.0, 4.0) if self._rounded else mean


def main(folder: Path) -> None:
    for name, rounded in (("rounded", True), ("plain", False)):
        tf.saved_model.save(Network(rounded=rounded), str(folder / name))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
