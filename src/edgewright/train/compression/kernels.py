"""The weights of a network that take the room: kernels of convolutions and dense layers; for a child process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_NAMES = ("kernel", "pointwise_kernel")


def kernels(network: Any) -> list[Any]:
    """Variables of Keras, (..., channels), each once; those of nested networks are among them.

    Left out is what has few weights and suffers most, the kernels of depthwise convolutions, and what has its channels
    elsewhere, those of transposed ones.
    """
    found: dict[int, Any] = {}
    for layer in layers(network):
        if not layer.__class__.__name__.startswith("Depthwise") and not layer.__class__.__name__.endswith("Transpose"):
            for variable in (getattr(layer, name, None) for name in _NAMES):
                if variable is not None and len(variable.shape) >= 2:
                    found[id(variable)] = variable
    return list(found.values())


def layers(network: Any) -> Iterator[Any]:
    """All layers of a network, those of networks in it included."""
    for layer in network.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from layers(layer)
