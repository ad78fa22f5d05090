"""Means and variances of BatchNormalization that follow a network which changes within few steps; for a child."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from edgewright.train.compression.kernels import layers

# Keras's own 0.99 looks back hundreds of steps, in which a network that is pruned was another one.
_MOST = 0.9


@contextmanager
def following(network: Any) -> Iterator[None]:
    """While this lasts, they are means of the last ten steps or so; call it before the training step is compiled."""
    normalizations = [layer for layer in layers(network) if type(layer).__name__ == "BatchNormalization"]
    before = [layer.momentum for layer in normalizations]
    for layer in normalizations:
        layer.momentum = min(layer.momentum, _MOST)
    try:
        yield
    finally:
        for layer, momentum in zip(normalizations, before, strict=True):
            layer.momentum = momentum
