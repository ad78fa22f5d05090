"""The tables of a model while one of its inputs becomes the bytes of a picture."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edgewright.model import InputMetadata, ModelFile, Table
from edgewright.rewrite.tables import add_constant, add_tensor, new_operator

Values = npt.NDArray[np.float64]

_MOST = 255


class InputEdit:
    """The input in one place of a model; operators that are added here come before all others."""

    def __init__(self, model: ModelFile, place: int) -> None:
        self.model = model
        self.spec = model.inputs[place]
        self.tables = model.edit()
        self.subgraph: Table = self.tables["subgraphs"][0]
        self._place = place
        self._first: list[Table] = []

    def take_bytes(self, scale: float, zero_point: int) -> int:
        """Put a uint8 tensor in the input's place, under the input's name; its index comes back."""
        quantization = {"scale": (scale,), "zero_point": (zero_point,)}
        new = self._tensor(self.spec.name, "uint8", quantization=quantization)
        self.subgraph["tensors"][self.spec.index]["name"] = f"{self.spec.name}/normalized"
        inputs = list(self.subgraph["inputs"])
        inputs[self._place] = new
        self.subgraph["inputs"] = tuple(inputs)
        for signature in self.tables["signature_defs"] or ():
            for one in signature["inputs"] or ():
                if signature["subgraph_index"] == 0 and one["tensor_index"] == self.spec.index:
                    one["tensor_index"] = new
        return new

    def values(self, suffix: str) -> int:
        """Add a float32 tensor of the input's shape."""
        return self._tensor(f"{self.spec.name}/{suffix}", "float32")

    def per_channel(self, suffix: str, values: Values) -> int:
        """Add a float32 constant along the channels, or one number for all of them."""
        name, data = f"{self.spec.name}/{suffix}", values.astype("<f4").tobytes()
        return add_constant(self.tables, self.subgraph, name, "float32", values.shape, data)

    def operator(self, name: str, inputs: Sequence[int], result: int, *, version: int = 1) -> None:
        """Append to the operators that come first."""
        options = {"fused_activation_function": 0} if name in ("ADD", "MUL") else {}
        self._first.append(new_operator(self.tables, name, version, inputs, [result], **options))

    def built(self, scale: float, zero_point: int) -> ModelFile:
        """The model, whose metadata says of the input that its bytes are those of a picture."""
        self.subgraph["operators"][:0] = self._first
        model = ModelFile.build(self.tables, self.model.files, self.model.name)
        inputs = list(model.metadata.inputs)
        inputs[self._place] = _of_bytes(inputs[self._place], scale, zero_point)
        return model.with_metadata(dataclasses.replace(model.metadata, inputs=tuple(inputs)))

    def _tensor(self, name: str, dtype: str, **more: Table) -> int:
        signature = self.subgraph["tensors"][self.spec.index]["shape_signature"]
        return add_tensor(self.subgraph, name, dtype, self.spec.shape, shape_signature=signature, **more)


def _of_bytes(described: InputMetadata, scale: float, zero_point: int) -> InputMetadata:
    """A normalization that, stored with this scale and zero point, gives the byte itself, as the standard has it."""
    bounds = ((-zero_point * scale,), ((_MOST - zero_point) * scale,)) if described.minimum else ((), ())
    std = float(f"{1 / scale:.6g}")  # 127.5, and not what is left of it after a scale in float32
    return dataclasses.replace(described, mean=(float(zero_point),), std=(std,), minimum=bounds[0], maximum=bounds[1])
