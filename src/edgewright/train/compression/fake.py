"""A network that computes with the numbers of its file: built from a flat one, begun, and settled; for a child."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.train.compression.fake_layers import Quantized, Range, Rules, quantized
from edgewright.train.compression.graphs import nodes_of, rebuilt
from edgewright.train.compression.placing import Placement, place

Array = npt.NDArray[Any]

_AT_ONCE = 32


@dataclass(frozen=True, eq=False)
class FakeQuantized:
    """A flat network with its rounding; both share their weights.

    `flat`: the layers alone. `model`: what is trained, and then converted.
    """

    flat: Any
    model: Any
    placement: Placement
    ranges: Mapping[int, Range] = field(default_factory=dict)
    layers: Sequence[Quantized] = ()

    @classmethod
    def of(cls, flat: Any, bits: int, rules: Rules | None = None) -> FakeQuantized:
        """Place ranges in a flat network, and weights of so many bits."""
        builder = _Builder(flat, bits, rules or Rules())
        model = rebuilt(flat, builder.call, builder.rounded)
        return cls(flat, model, builder.placement, builder.ranges, tuple(builder.layers.values()))

    def begin(self, inputs: Array) -> None:
        """Measure the first ranges on what the flat network makes of real inputs."""
        import keras

        tensors = _tensors(self.flat, self.placement)
        if not tensors:
            return
        watched = keras.Model(self.flat.inputs, [tensor for tensor, _ in tensors])
        ends: dict[int, list[float]] = {}
        for start in range(0, len(inputs), _AT_ONCE):
            values = watched([inputs[start : start + _AT_ONCE]], training=False)
            for (_, number), value in zip(
                tensors, values if len(tensors) > 1 else keras.tree.flatten(values), strict=True
            ):
                found = np.asarray(value)
                low, high = ends.get(number, [0.0, 0.0])
                ends[number] = [min(low, float(found.min())), max(high, float(found.max()))]
        for number, (low, high) in ends.items():
            self.ranges[number].begin(low, high)

    def settle(self) -> None:
        """Make weights and ranges the numbers of the file; nothing is learned from now on."""
        for layer in self.layers:
            layer.settle()
        for grid in self.ranges.values():
            grid.freeze()


class _Builder:
    """Puts rounding into the calls of a flat network."""

    def __init__(self, flat: Any, bits: int, rules: Rules) -> None:
        self.placement = place(flat)
        self._rules = rules
        self.ranges = {number: Range(name=f"range_{number}") for number in self.placement.numbers}
        self.layers: dict[int, Quantized] = {}
        self._calls = Counter[int]()
        self._bits = _bits_of_kernels(flat, self.placement, bits)

    def rounded(self, tensor: Any, value: Any) -> Any:
        """A tensor of the flat network, rounded where it is to be."""
        grid = self._grid(tensor)
        return value if grid is None else grid(value)

    def call(self, node: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """A call of the flat network with its weights and its result rounded."""
        import keras

        operation, bits = node.operation, self._bits.get(id(node.operation))
        grids = [self._grid(tensor) for tensor in node.outputs]
        if bits is None and not any(grids):
            return operation(*args, **kwargs)
        if len(grids) > 1:
            return [
                self.rounded(*pair)
                for pair in zip(node.outputs, keras.tree.flatten(operation(*args, **kwargs)), strict=True)
            ]
        first = self.layers.get(id(operation))
        if first is None:
            self.layers[id(operation)] = first = quantized(operation, bits, grids[0], self._rules)
            return first(*args, **kwargs)
        self._calls[id(operation)] += 1
        again = f"{operation.name}_again_{self._calls[id(operation)]}"
        return Quantized(operation, first.steps, grids[0], again)(*args, **kwargs)

    def _grid(self, tensor: Any) -> Range | None:
        grid = self.placement.grids.get(id(tensor))
        if grid is None:
            return None
        return self.ranges[grid] if isinstance(grid, int) else Range(grid)


def _bits_of_kernels(flat: Any, placement: Placement, bits: int) -> dict[int, int]:
    """The bits of each layer's weights, by its `id`."""
    kernels = [node.operation for node in nodes_of(flat) if placement.kinds[id(node.outputs[0])] == "kernel"]
    return {id(layer): bits for layer in kernels}


def _tensors(flat: Any, placement: Placement) -> list[tuple[Any, int]]:
    """The tensors of a flat network that have a learned range, and its number."""
    tensors = [*flat.inputs, *(tensor for node in nodes_of(flat) for tensor in node.outputs)]
    pairs = [(tensor, placement.grids.get(id(tensor))) for tensor in tensors]
    return [(tensor, grid) for tensor, grid in pairs if isinstance(grid, int)]
