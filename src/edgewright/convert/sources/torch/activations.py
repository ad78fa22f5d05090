"""What the parts of an exported program compute on the way: by module, or operator by operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgewright.convert.representative import Array
from edgewright.convert.sources.layout import channels_last
from edgewright.convert.sources.torch.places import layer_of

# How many operators show what a model does to its pixels before all else.
FIRST = 16


def module_activations(program: Any, calls: Sequence[Sequence[Any]]) -> list[dict[str, Array]]:
    """The last result in each module for each call, by the module's path ("blocks.0.conv"), in order of execution.

    Maps are channels-last, as a file computes them. `calls` are the tensors of each call, in the program's order.
    """
    return [_by_module(_results(program, tensors)) for tensors in calls]


def first_results(program: Any, calls: Sequence[Sequence[Any]]) -> list[dict[str, Array]]:
    """What the first operators return for each call, by their names in the program."""
    results = [_results(program, tensors, FIRST) for tensors in calls]
    return [{node.name: _array(value) for node, value in found} for found in results]


def _by_module(results: Sequence[tuple[Any, Any]]) -> dict[str, Array]:
    last: dict[str, Any] = {}
    for node, value in results:
        if layer := layer_of(node):
            last.pop(layer, None)
            last[layer] = value
    return {layer: _array(value) for layer, value in last.items()}


def _array(value: Any) -> Array:
    array = np.asarray(value.detach().float())
    return channels_last(array) if array.ndim == 4 else array


def _results(program: Any, tensors: Sequence[Any], most: int | None = None) -> list[tuple[Any, Any]]:
    """Each operator that returns real numbers, with what it returns; `most`: the first ones only."""
    import torch

    found: list[tuple[Any, Any]] = []

    class Watching(torch.fx.Interpreter):  # type: ignore[misc]
        def run_node(self, n: Any) -> Any:
            value = super().run_node(n)
            if n.op == "call_function" and isinstance(value, torch.Tensor) and value.is_floating_point():
                found.append((n, value))
            return value

    with torch.no_grad():
        Watching(program.module(check_guards=False)).run(*tensors)
    return found[:most]
