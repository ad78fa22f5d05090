"""Equal rewritings of what the converter lacks or gets wrong, one file each; the proof stands behind all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from edgewright.convert.sources.onnx.graphs.sizes import infer
from edgewright.convert.sources.onnx.repairs import (
    branches,
    classical,
    groups,
    logarithms,
    recurrent,
    remainders,
    resizing,
    scatters,
    slices,
)

# Each writes a graph anew, in place, and says what it did; branches first, for others may stand in them.
_REPAIRS: tuple[Callable[[Any], tuple[str, ...]], ...] = (
    branches.repair,
    classical.repair,
    recurrent.repair,
    slices.repair,
    remainders.repair,
    groups.repair,
    logarithms.repair,
    scatters.repair,
    resizing.repair,
)


def repaired(model: Any, name: str) -> tuple[str, ...]:
    """Rewrite a model whose sizes are known, in place; returns what was done. `name` stands for it in messages."""
    return tuple(_each(model, name))


def _each(model: Any, name: str) -> Iterator[str]:
    for repair in _REPAIRS:
        said = repair(model)
        if said:
            infer(model, name)
        yield from said
