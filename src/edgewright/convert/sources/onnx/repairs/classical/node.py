"""One operator of ai.onnx.ml that is written anew, and what most of them share: scores, transforms, labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from edgewright.convert.sources.onnx.graphs.editing import Writer, attributes_of

# onnx.proto: TensorProto.FLOAT, .INT64.
FLOAT, WHOLE = 1, 7


class ClassicalNode:
    """The node with its attributes; `given` is its first input in real numbers."""

    def __init__(
        self, node: Any, writer: Writer, types: Mapping[str, int], shapes: Mapping[str, tuple[int, ...]]
    ) -> None:
        """`types` are those of the model's values, in ONNX's numbers."""
        self.node = node
        self.writer = writer
        self.attributes = attributes_of(node)
        self._types = types
        self.columns = shapes.get(node.input[0], (0,))[-1]

    @property
    def given(self) -> str:
        """The first input, cast to float where it is not."""
        return self.real(self.node.input[0])

    def real(self, name: str) -> str:
        """An input, cast to float where it is not."""
        if self._types.get(name, FLOAT) == FLOAT:
            return name
        return self.writer.add("Cast", [name], to=FLOAT)

    def numbers(self, name: str) -> Any:
        """An attribute of real numbers, as an array; empty where the node does not have it."""
        return np.asarray(self.attributes.get(name, ()), np.float32)

    def transforms(self, *known: str) -> bool:
        """Whether what happens to the scores at last is one of these."""
        return str(self.attributes.get("post_transform", "NONE")) in known

    def transformed(self, scores: str, output: str) -> None:
        """Write what happens to the scores at last (onnx/defs/traditionalml: post_transform)."""
        kind = str(self.attributes.get("post_transform", "NONE"))
        if kind == "SOFTMAX":
            self.writer.add("Softmax", [scores], output, axis=-1)
        else:
            self.writer.add("Sigmoid" if kind == "LOGISTIC" else "Identity", [scores], output)

    @property
    def classes(self) -> int:
        """How many labels there are."""
        return len(self.attributes.get("classlabels_strings", ())) or len(self._labels)

    @property
    def _labels(self) -> tuple[int, ...]:
        return tuple(self.attributes.get("classlabels_ints", self.attributes.get("classlabels_int64s", ())))

    @property
    def has_label(self) -> bool:
        """Whether the label comes out, as a number."""
        return bool(self.node.output[0] and self._labels)

    def labeled(self, scores: str) -> None:
        """Write the label of the highest score; labels that are text came out nowhere, or the model was refused."""
        if not self.has_label:
            return
        best = self.writer.add("ArgMax", [scores], axis=1, keepdims=0)
        self.write_label(best)

    def write_label(self, best: str) -> None:
        """Write the labels of these places among them."""
        if self._labels == tuple(range(len(self._labels))):
            self.writer.add("Identity", [best], self.node.output[0])
            return
        labels = self.writer.constant(self._labels, np.int64)
        self.writer.add("Gather", [labels, best], self.node.output[0], axis=0)


def types_of(model: Any) -> dict[str, int]:
    """The types of the model's values, in ONNX's numbers."""
    graph = model.graph
    values = (*graph.input, *graph.value_info, *graph.output)
    return {value.name: value.type.tensor_type.elem_type for value in values if value.type.HasField("tensor_type")}
