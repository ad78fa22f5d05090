"""A source whose outputs are a YOLO's with known boxes, for every form of head. It needs no framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from edgewright.convert import ConversionOptions, InputPort, Lowered, Lowering, OutputPort, Request, Sample
from edgewright.model import ModelFile

from ..model.builders import model, operator, raw, subgraph, tensor

# Outputs rise a little with a picture's brightness: what never changes cannot be compared.
_RISE = np.float32(1e-4)


class KnownBoxes:
    """The source: it says the arrays (…, without the batch) of every picture of (height, width) `size`."""

    name = "known boxes"
    title = "known boxes"
    in_child = False

    def __init__(self, arrays: Sequence[np.ndarray], size: tuple[int, int], notes: Mapping[str, str]) -> None:
        self.arrays = [array.astype(np.float32)[None] for array in arrays]
        self.noted = notes
        self.inputs = (InputPort("image", (1, *size, 3), "float32"),)
        self.outputs = tuple(OutputPort(f"out{place}", array.shape) for place, array in enumerate(self.arrays))

    def recognizes(self, source: object) -> bool:
        return source is self

    def open(self, source: Any, options: ConversionOptions) -> KnownBoxes:
        return self

    def notes(self) -> Mapping[str, str]:
        return self.noted

    def run(self, samples: Sequence[Sample]) -> list[list[Any]]:
        return [[array + sample["image"].mean() * _RISE for array in self.arrays] for sample in samples]

    def lower(self, request: Request) -> Lowering:
        return partial(lowered, self.arrays, self.inputs[0].sized())


def lowered(arrays: Sequence[np.ndarray], shape: tuple[int, ...]) -> Lowered:
    axes = tensor([3], "int32", np.array([1, 2, 3], np.int32).tobytes())
    tensors = [tensor(shape), axes, tensor([1]), tensor([1], data=_RISE.tobytes()), tensor([1])]
    operators = [
        operator("MEAN", [0, 1], [2], ("ReducerOptions", {"keep_dims": False})),
        operator("MUL", [2, 3], [4], ("MulOptions", {})),
    ]
    made = []
    for array in arrays:
        tensors += [tensor(array.shape, data=array.tobytes()), tensor(array.shape)]
        made.append(len(tensors) - 1)
        operators.append(operator("ADD", [made[-1] - 1, 4], [made[-1]], ("AddOptions", {})))
    named = [{**one, "name": f"t{place}"} for place, one in enumerate(tensors)]
    return Lowered(ModelFile(raw(model(subgraph(named, operators, [0], made))), "known boxes"))
