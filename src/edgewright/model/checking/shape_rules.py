"""Shapes and constants of one operator that must fit together, and sizes of results that follow from them."""

from __future__ import annotations

import math
from collections.abc import Callable

from edgewright.model.graph import BITS
from edgewright.model.node import Node, Shape

Rule = Callable[[Node], None]

MAX_ELEMENTS = 2**31 - 1
MAX_RANK = 8
MAX_BYTES = 2**31  # of activations, as for a whole file: the runtime ends the process where it gets no memory


def diagonal_fits(node: Node) -> None:
    """A diagonal for each matrix, as long as the shorter side."""
    matrices, diagonals = node.input_shape(0), node.input_shape(1)
    if matrices is None or diagonals is None:
        return
    if len(matrices) < 2 or diagonals != (*matrices[:-2], min(matrices[-2:])):
        raise node.broken(f"diagonals of the shape {list(diagonals)} for matrices of the shape {list(matrices)}")


def rows_divide(node: Node) -> None:
    """The values, taken as rows as wide as the weights, come out even."""
    shape, weights = node.input_shape(0), node.input(1)
    if shape is not None and weights is not None and weights.shape and math.prod(shape) % weights.shape[1]:
        raise node.broken(f"values of the shape {list(shape)} for weights of the shape {list(weights.shape)}")


def same_shape(node: Node) -> None:
    """The operations of StableHLO by elements do not broadcast: all inputs have one shape, and it is known."""
    inputs = [node.input(place) for place in range(len(node.operator.inputs))]
    shapes = [list(tensor.shape) for tensor in inputs if tensor is not None]
    if any(shape != shapes[0] for shape in shapes):
        raise node.broken(f"inputs of the shapes {shapes}; one shape is needed")


def not_empty(node: Node) -> None:
    """Kernels that divide by a dimension, or step back from the end, need one element."""
    shape = node.input_shape(0)
    if shape is not None and (not shape or 0 in shape):
        raise node.broken(f"it has an input of shape {list(shape)}")


_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


def slice_offsets(node: Node) -> None:
    """With the option `offset` the ends count from the begins, and the runtime reads what they say."""
    if not node.option("offset"):
        return
    shape, begins, ends = node.input_shape(0), node.integers(1), node.integers(2)
    steps, masks = node.integers(3), any(map(node.option, _MASKS))
    if shape is None or begins is None or ends is None or masks or set(steps or (0,)) != {1}:
        raise node.broken("offset needs a constant begin and end, steps of 1, no masks, and an input of fixed shape")
    fit = len(begins) == len(ends) <= len(shape)
    if not fit or not all(0 <= a <= a + b <= size for a, b, size in zip(begins, ends, shape, strict=False)):
        raise node.broken(f"begin {list(begins)} with offsets {list(ends)} for the shape {list(shape)}")


def gives(compute: Callable[[Node], Shape | None]) -> Rule:
    """The output's shape follows from shapes and constants: it exists, and has no more elements than a tensor may."""

    def rule(node: Node) -> None:
        shape = compute(node)
        if shape is None:
            return
        if len(shape) > MAX_RANK or any(size < 0 for size in shape) or math.prod(shape) > MAX_ELEMENTS:
            raise node.broken(f"its result would have the shape {list(shape)}")
        result = node.output(0)
        if result is not None and math.prod(shape) * BITS.get(result.dtype, 8) > 8 * MAX_BYTES:
            size = math.prod(shape) * BITS.get(result.dtype, 8) // 8
            raise node.broken(f"its result {list(shape)} takes {size:,} bytes of activations; {MAX_BYTES:,} at most")

    return rule


def broadcast(node: Node) -> Shape | None:
    """The shape of an operation by elements: dimensions of one size, or 1, counted from the last."""
    shapes = [node.input_shape(place) for place in range(len(node.operator.inputs))]
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes):
        return None
    rank = max(map(len, known))
    padded = [(1,) * (rank - len(shape)) + shape for shape in known]
    result = []
    for sizes in zip(*padded, strict=True):
        others = {size for size in sizes if size != 1}
        if len(others) > 1:
            raise node.broken(f"shapes {[list(shape) for shape in known]} do not go together")
        result.append(others.pop() if others else 1)
    return tuple(result)


def padded(node: Node) -> Shape | None:
    """The shape with paddings before and behind each dimension."""
    shape, pads = node.input_shape(0), node.integers(1)
    if shape is None or pads is None:
        return None
    if len(pads) != 2 * len(shape) or min(pads, default=0) < 0:
        raise node.broken(f"paddings {list(pads)} for the shape {list(shape)}")
    return tuple(size + pads[2 * axis] + pads[2 * axis + 1] for axis, size in enumerate(shape))


def tiled(node: Node) -> Shape | None:
    """The shape, each dimension repeated."""
    shape, times = node.input_shape(0), node.integers(1)
    if shape is None or times is None:
        return None
    if len(times) != len(shape):
        raise node.broken(f"multiples {list(times)} for the shape {list(shape)}")
    return tuple(size * count for size, count in zip(shape, times, strict=True))


def dilated(node: Node) -> Shape | None:
    """The shape with gaps between the elements along each dimension."""
    shape, factors = node.input_shape(0), node.integers(1)
    if shape is None or factors is None:
        return None
    if len(factors) != len(shape) or min(factors, default=1) < 1:
        raise node.broken(f"dilations {list(factors)} for the shape {list(shape)}")
    return tuple((size - 1) * factor + 1 for size, factor in zip(shape, factors, strict=True))


def resized(node: Node) -> Shape | None:
    """The shape of a batch of pictures with a new height and width."""
    shape, size = node.input_shape(0), node.integers(1)
    if shape is None or size is None:
        return None
    if len(size) != 2 or min(size) < 1 or 0 in shape:
        raise node.broken(f"new size {list(size)} for the shape {list(shape)}")
    return (shape[0], *size, shape[3])


def ranged(node: Node) -> Shape | None:
    """As many numbers as there are steps from the start to the limit."""
    bounds = [node.numbers(place) for place in range(3)]
    if any(not one for one in bounds):
        return None
    start, limit, delta = (one[0] for one in bounds if one)
    if not delta or not math.isfinite(start) or not math.isfinite(limit) or not math.isfinite(delta):
        raise node.broken(f"from {start} to {limit} in steps of {delta}")
    return (max(math.ceil((limit - start) / delta), 0),)


def sequences(node: Node) -> None:
    """REVERSE_SEQUENCE: a length for each entry of the batch, and none longer than what it is a part of."""
    shape, lengths = node.input_shape(0), node.integers(1)
    sequence, batch = node.option("seq_dim"), node.option("batch_dim")
    if shape is None:
        return
    if not (0 <= sequence < len(shape) and 0 <= batch < len(shape) and sequence != batch):
        raise node.broken(f"seq_dim {sequence} and batch_dim {batch} for the shape {list(shape)}")
    if lengths is not None and (
        len(lengths) != shape[batch] or not all(0 <= length <= shape[sequence] for length in lengths)
    ):
        raise node.broken(f"lengths {list(lengths)} for the shape {list(shape)}")


def constant_shape(place: int) -> Callable[[Node], Shape | None]:
    """The shape that a constant input spells out."""
    return lambda node: node.integers(place)
