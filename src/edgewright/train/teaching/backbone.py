"""What a model sees in a picture before it decides: where a classifier is cut, or the row that an extractor gives."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from edgewright.errors import UsageError
from edgewright.media import Preparation
from edgewright.model import InputMetadata, Metadata, ModelFile, Operator, Table, TensorSpec, maker_of
from edgewright.rewrite import add_constant, add_tensor, new_operator, pass_named
from edgewright.task import described_picture, input_options, kind_of, only, with_needed
from edgewright.train.teaching.ridge import Head

_PREPARATION = ("normalization", "resize", "crop_fraction", "interpolation", "pad")

_TAUGHT_FROM = ("classification", "embedding")

# From the last layer to the scores, and from the features to the last layer.
_BEHIND_LAYER = frozenset(
    {"SOFTMAX", "LOGISTIC", "LOG_SOFTMAX", "RESHAPE", "SQUEEZE", "EXPAND_DIMS", "QUANTIZE", "DEQUANTIZE", "CAST"}
)
_LAYERS = frozenset({"FULLY_CONNECTED", "CONV_2D"})
_POOLS = frozenset({"AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN"})

# Versions of DEQUANTIZE by what it reads.
_DEQUANTIZE = {"uint8": 1, "int8": 2, "int16": 3}

# Entries of a file that hold whatever the file computes; others speak of tensors that go.
_KEPT_ENTRIES = frozenset({"min_runtime_version", "CONVERSION_METADATA"})


@dataclass(frozen=True)
class Backbone:
    """A model up to its features.

    `features` is the tensor that holds them, of `width` numbers in all; `cut` says in words where that is.
    """

    model: ModelFile
    described: InputMetadata
    features: TensorSpec
    cut: str

    @property
    def short_name(self) -> str:
        """The name of the model's file without its folders."""
        return PurePath(self.model.name).name

    @property
    def width(self) -> int:
        """The number of features."""
        return self.features.elements

    def extractor(self) -> ModelFile:
        """The file that gives the features alone: one row of floats."""
        made = _Making(self)
        return made.file(made.row, Metadata(task="embedding", inputs=(self.described,)))

    def with_head(self, head: Head, metadata: Metadata) -> ModelFile:
        """The file that tells the classes apart: backbone, length made 1, fully connected layer, softmax."""
        made = _Making(self)
        return made.file(made.probabilities(head), dataclasses.replace(metadata, inputs=(self.described,)))


def open_backbone(model: ModelFile, **options: Any) -> Backbone:
    """Find the features of a classifier or an extractor of pictures; `options` are those of its preparation.

    A classifier is cut before its last layer, an extractor is taken whole. Raises `UsageError` for models of other
    tasks, for those whose end is of another make, and where nothing says how pictures are prepared.
    """
    found = kind_of(model, or_tensors=False)
    kind = found.name
    if kind not in _TAUGHT_FROM or len(model.outputs) != 1 or len(model.inputs) != 1:
        raise UsageError(
            f"{model.name}: its task is {kind}. A backbone is a classifier or an extractor of pictures, with one output"
        )
    given = with_needed(input_options(model, found), only(options, *_PREPARATION, task="teach"))
    described = _all_said(described_picture(model, given))
    try:
        Preparation.of(model.inputs[0], described)
    except UsageError as error:
        raise UsageError(f"{model.name}: {error}") from None
    features, cut = (model.outputs[0], "its output") if kind == "embedding" else _before_the_last_layer(model)
    if features.index in model.main.inputs or features.elements < 2:
        raise UsageError(f"{model.name}: there is nothing before its last layer that could be taught")
    if features.dtype not in (*_DEQUANTIZE, "float32") or (features.dtype != "float32" and len(features.scale) != 1):
        raise UsageError(f"{model.name}: its features are {features.dtype}; float32 or quantized integers are expected")
    return Backbone(model, described, features, cut)


def _all_said(described: InputMetadata) -> InputMetadata:
    """With what programs do where nothing is said: that is not the same for files of all tasks."""
    return dataclasses.replace(
        described, resize=described.resize or "stretch", interpolation=described.interpolation or "bilinear"
    )


def _before_the_last_layer(model: ModelFile) -> tuple[TensorSpec, str]:
    makers = {index: operator for operator in model.ops for index in operator.outputs}
    maker = maker_of(model)
    while maker is not None and maker.name in _BEHIND_LAYER:
        maker = makers.get(maker.inputs[0])
    if maker is not None and maker.name in _LAYERS:
        return model.main.tensors[maker.inputs[0]], f"before {maker.name}, operator {maker.index}"
    if maker is not None and maker.name in _POOLS:
        return model.main.tensors[maker.outputs[0]], f"behind {maker.name}, operator {maker.index}"
    raise UsageError(
        f"{model.name}: its scores come of {_named(maker)}. A backbone ends in a fully connected layer, a convolution "
        "or a pool, and what makes scores of that"
    )


def _named(maker: Operator | None) -> str:
    return "nothing" if maker is None else f"{maker.name}, operator {maker.index}"


class _Making:
    """The tables of a file that goes on from the features; `row` is the tensor that has them as one row of floats."""

    def __init__(self, backbone: Backbone) -> None:
        self._model = backbone.model
        self._tables = backbone.model.edit()
        self._graph = self._tables["subgraphs"][0]
        self._graph["operators"] = list(self._graph["operators"])
        self._width = backbone.width
        self._free = backbone.features.shape_signature[:1] == (-1,)
        self.row = self._row(backbone.features)

    def _row(self, features: TensorSpec) -> int:
        index = features.index
        if features.dtype != "float32":
            index = self._layer("DEQUANTIZE", _DEQUANTIZE[features.dtype], [index], features.shape)
        if features.shape == (1, self._width):
            return index
        shape = add_constant(
            self._tables, self._graph, "taught/shape", "int32", (2,), _int32(-1 if self._free else 1, self._width)
        )
        options = ("ReshapeOptions", {"new_shape": (-1 if self._free else 1, self._width)})
        return self._layer("RESHAPE", 1, [index, shape], (1, self._width), options)

    def probabilities(self, head: Head) -> int:
        """Put the head behind the row, which is made 1 long; the result is the index of its output."""
        count = len(head.bias)
        unit = self._layer("L2_NORMALIZATION", 1, [self.row], (1, self._width), ("L2NormOptions", {}))
        constants = [self._constant("weights", head.weights), self._constant("bias", head.bias)]
        options: tuple[str, Table] = ("FullyConnectedOptions", {"fused_activation_function": 0})
        logits = self._layer("FULLY_CONNECTED", 1, [unit, *constants], (1, count), options)
        return self._layer("SOFTMAX", 1, [logits], (1, count), ("SoftmaxOptions", {"beta": 1.0}))

    def file(self, output: int, metadata: Metadata) -> ModelFile:
        """The file with that tensor as its output, and nothing of what no longer counts."""
        self._graph["outputs"] = (output,)
        for signature in self._tables["signature_defs"] or ():
            if signature["subgraph_index"] == 0:
                signature["outputs"] = [{"name": "output_0", "tensor_index": output}]
        entries = self._tables["metadata"] or ()
        self._tables["metadata"] = [entry for entry in entries if entry["name"] in _KEPT_ENTRIES]
        whole = ModelFile.build(self._tables, {}, self._model.name)
        return pass_named("drop-dead")(whole).model.with_metadata(metadata)

    def _layer(self, name: str, version: int, inputs: Sequence[int], shape: Sequence[int], options: Any = None) -> int:
        more = {"shape_signature": (-1, *shape[1:])} if self._free else {}
        index = add_tensor(self._graph, f"taught/{name.lower()}", "float32", shape, **more)
        operator = new_operator(self._tables, name, version, inputs, [index])
        self._graph["operators"].append({**operator, "builtin_options": options})
        return index

    def _constant(self, name: str, values: Any) -> int:
        data = values.astype("<f4").tobytes()
        return add_constant(self._tables, self._graph, f"taught/{name}", "float32", values.shape, data)


def _int32(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, "little", signed=True) for value in values)
