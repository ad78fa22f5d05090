"""Made-up inputs that a model can run on: stored numbers of the right types, whole numbers in range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.errors import UsageError
from edgewright.model import ModelFile, Node, TensorSpec

Array = npt.NDArray[Any]

_SEED = 20_240_229

# Samples travel to child processes and back.
_MOST_BYTES = 2**28

# What looks things up in a table: the place of the table and of the positions, and the table's axis.
_LOOKUPS = {"GATHER": (0, 1), "GATHER_ND": (0, 1), "EMBEDDING_LOOKUP": (1, 0)}


class Wanted(NamedTuple):
    """One input to make up. `below` bounds whole numbers from above where they mean positions."""

    shape: tuple[int, ...]
    dtype: str
    quantized: bool
    below: int


def wanted(model: ModelFile) -> list[Wanted] | None:
    """What the model's inputs take; `None` where one takes what cannot be made up, such as text."""
    below = _positions(model)
    found = [_wanted(spec, below) for spec in model.inputs]
    return None if any(_kind(port.dtype) not in "iufbc" for port in found) else found


def make_up(inputs: Sequence[Wanted], count: int) -> list[list[Array]]:
    """So many samples, the same in every process: the inputs' stored numbers, in their order.

    Of very large inputs there are fewer, at least one.
    """
    size = sum(math.prod(port.shape) * np.dtype(port.dtype).itemsize for port in inputs)
    generator = np.random.default_rng(_SEED)
    fitting = max(1, min(count, _MOST_BYTES // max(size, 1)))
    return [[_one(one, generator, wide=bool(index % 2)) for one in inputs] for index in range(fitting)]


def made_up_sample(model: ModelFile) -> list[Array]:
    """Stored numbers for each input of a model, the same in every process.

    Raises `UsageError` where an input takes what cannot be made up.
    """
    inputs = wanted(model)
    if inputs is None:
        raise UsageError(f"{model.name}: inputs of these types cannot be made up")
    return make_up(inputs, 1)[0]


def _wanted(spec: TensorSpec, below: dict[int, int]) -> Wanted:
    return Wanted(spec.shape, spec.dtype, spec.quantized, below.get(spec.index, 2))


def _positions(model: ModelFile) -> dict[int, int]:
    """Size of the table that an input points into, by the input's index."""
    sizes: dict[int, int] = {}
    for node in model.nodes:
        if node.operator.name not in _LOOKUPS:
            continue
        source, index = (node.input(place) for place in _LOOKUPS[node.operator.name])
        if source is not None and index is not None:
            sizes[index.index] = min(sizes.get(index.index, 2**31 - 1), _size(node, source))
    return sizes


def _size(node: Node, table: TensorSpec) -> int:
    if node.operator.name == "GATHER":
        return table.shape[node.option("axis") % len(table.shape)] if table.shape else 1
    return min(table.shape, default=1) if node.operator.name == "GATHER_ND" else next(iter(table.shape), 1)


def _kind(dtype: str) -> str:
    try:
        return np.dtype(dtype).kind
    except TypeError:
        return "?"


def _one(one: Wanted, generator: np.random.Generator, *, wide: bool) -> Array:
    dtype = np.dtype(one.dtype)
    if dtype.kind in "fc":
        low, high = (0.0, 255.0) if wide and _is_picture(one.shape) else (-1.0, 1.0)
        return generator.uniform(low, high, one.shape).astype(dtype)
    if dtype.kind == "b":
        return generator.integers(0, 2, one.shape).astype(dtype)
    if one.quantized or dtype.itemsize == 1:
        limits = np.iinfo(dtype)
        return generator.integers(limits.min, limits.max, one.shape, dtype=dtype, endpoint=True)
    return generator.integers(0, max(one.below, 1), one.shape).astype(dtype)


def _is_picture(shape: tuple[int, ...]) -> bool:
    return len(shape) == 4 and shape[-1] in (1, 3)
