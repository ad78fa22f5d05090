"""The normalization of pictures moved from the program that prepares them into the model: bytes go straight in.

A quarter of the bytes are copied, and nothing is computed before the model. Where channels are treated alike and their
mean is whole, one DEQUANTIZE does it all; else the rest goes into the first convolution, or, where that pads, into one
ADD before it: it pads with zeros, which have to mean the same as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from edgewright.model import InputMetadata, ModelFile, Operator, TensorSpec
from edgewright.rewrite.byte_input import ByteInput, Normalization, Requantized, Values, takes_bytes
from edgewright.rewrite.drop_dead import DropDead
from edgewright.rewrite.first_convolution import fold, pads, takes_factors
from edgewright.rewrite.input_edit import InputEdit
from edgewright.rewrite.protocol import LeftAlone, Rewritten
from edgewright.rewrite.tables import read_instead, readers

_EIGHT_BITS = frozenset({"int8", "uint8"})
_CHANNELS = frozenset({1, 3})

_EXACT = "the same numbers"
_FLOAT = "the same but for the rounding of float32"
_STEP = "the same, but one step for values half-way between two"


@dataclass(frozen=True)
class FoldNormalization:
    """Let inputs that are pictures take the bytes; what the metadata says of their preparation follows.

    `lossless`: only where every byte gives exactly the number that it gave before.
    """

    lossless: bool = False

    name = "fold-normalization"
    guarantee = "exact but for the rounding of normalized pixels"

    def __call__(self, model: ModelFile) -> Rewritten:
        """Move the normalization of every input that has one; others are left alone."""
        changes: list[str] = []
        left_alone: list[LeftAlone] = []
        current = model
        for place, spec in enumerate(model.inputs):
            way = _obstacle(current, place) or _way(current, place)
            if not isinstance(way, str) and self.lossless and way.difference != _EXACT:
                way = f"it would be {way.difference}, and only exact changes were asked for"
            if isinstance(way, str):
                left_alone.append(LeftAlone(f"input {spec.name!r}", way))
                continue
            edit = InputEdit(current, place)
            way.write(edit)
            current = edit.built(way.scale, way.zero_point)
            changes.append(f"input {spec.name!r} takes the bytes of a picture, {way.words}: {way.difference}")
        smaller = DropDead()(current).model if changes else model
        return Rewritten(smaller, tuple(changes), tuple(left_alone))


class _Way(Protocol):
    """From the bytes, a uint8 input of a scale and zero point, to what the model's operators read."""

    @property
    def scale(self) -> float: ...
    @property
    def zero_point(self) -> int: ...
    @property
    def difference(self) -> str: ...
    @property
    def words(self) -> str: ...
    def write(self, edit: InputEdit) -> None: ...


@dataclass(frozen=True)
class _InIntegers:
    """To the 8-bit numbers of `target`; `replaced` is the QUANTIZE of normalized values that made them before."""

    found: Requantized
    target: TensorSpec
    replaced: Operator | None

    @property
    def scale(self) -> float:
        return self.found.scale

    @property
    def zero_point(self) -> int:
        return self.found.zero_point

    @property
    def difference(self) -> str:
        return _EXACT if self.found.exact else _STEP

    @property
    def words(self) -> str:
        return "as they are" if self._stays else "normalized by QUANTIZE"

    @property
    def _stays(self) -> bool:
        stored = (self.target.dtype, self.target.scale, self.target.zero_point or (0,))
        return stored == ("uint8", (self.scale,), (self.zero_point,))

    def write(self, edit: InputEdit) -> None:
        new = edit.take_bytes(self.scale, self.zero_point)
        if self.replaced is not None:
            del edit.subgraph["operators"][self.replaced.index]
        if self._stays:
            read_instead(edit.subgraph, {self.target.index: new})
        else:
            edit.operator("QUANTIZE", [new], self.target.index, version=2)


@dataclass(frozen=True)
class _InFloat:
    """To the normalized values in float32.

    `folded` are convolutions that take the factor into their weights, and unless `padded` the offset into their bias.
    `quantized`: whether the values are quantized next. `exact`: whether they are the very numbers of before.
    """

    source: ByteInput
    folded: tuple[Operator, ...]
    padded: bool
    quantized: bool
    exact: bool

    @property
    def scale(self) -> float:
        return self.source.scale

    @property
    def zero_point(self) -> int:
        return self.source.zero_point

    @property
    def difference(self) -> str:
        return _EXACT if self.exact else _STEP if self.quantized else _FLOAT

    @property
    def words(self) -> str:
        parts = ["DEQUANTIZE", *(name for name, _ in self._steps), *["the weights of CONV_2D"] * bool(self.folded)]
        return f"normalized by {' and '.join(filter(None, (', '.join(parts[:-1]), parts[-1])))}"

    @property
    def _steps(self) -> list[tuple[str, Values]]:
        """What is computed between DEQUANTIZE and the values, with its constant."""
        if not self.folded:
            factor = [("MUL", self.source.factor)] if self.source.has_factor else []
            return factor + ([("ADD", self.source.offset)] if self.source.has_offset else [])
        return [("ADD", self.source.offset / self.source.factor)] if self.padded and self.source.has_offset else []

    def write(self, edit: InputEdit) -> None:
        for operator in self.folded:
            offset = np.zeros(1) if self.padded else self.source.offset
            fold(edit.tables, edit.model, operator, self.source.factor, offset)
        floats = edit.spec.dtype == "float32"
        values = edit.spec.index if floats else edit.values("float")
        steps = self._steps
        results = [*(edit.values(f"before_{name.lower()}") for name, _ in steps), values]
        edit.operator("DEQUANTIZE", [edit.take_bytes(self.scale, self.zero_point)], results[0])
        for (name, numbers), source, result in zip(steps, results, results[1:], strict=False):
            edit.operator(name, [source, edit.per_channel(name.lower(), numbers)], result)
        if not floats:
            edit.operator("QUANTIZE", [values], edit.spec.index)


def _way(model: ModelFile, place: int) -> _Way:
    spec = model.inputs[place]
    wanted = Normalization.of(model.metadata.inputs[place])
    target, replaced = _stored_as(model, spec)
    found = Requantized.for_tensor(wanted, target) if target.dtype in _EIGHT_BITS else None
    if found is not None:
        return _InIntegers(found, target, replaced)
    source = ByteInput.for_float(wanted)
    users = [model.ops[index] for index in readers(model.main)[spec.index]]
    foldable = spec.dtype == "float32" and takes_factors(model, users, spec.index)
    padded = foldable and pads(model, users)
    worth = source.has_factor or (source.has_offset and not padded)
    return _InFloat(
        source=source,
        folded=tuple(users) if foldable and worth else (),
        padded=padded,
        quantized=spec.dtype != "float32" or any(operator.name == "QUANTIZE" for operator in users),
        exact=spec.dtype == "float32" and not (foldable and worth) and source.exact(wanted),
    )


def _stored_as(model: ModelFile, spec: TensorSpec) -> tuple[TensorSpec, Operator | None]:
    """The 8-bit tensor that the input becomes at once, and the QUANTIZE between; else the input itself."""
    users = readers(model.main)[spec.index]
    first = model.ops[users[0]]
    if len(users) != 1 or first.name != "QUANTIZE" or spec.dtype != "float32":
        return spec, None
    result = model.main.tensors[first.outputs[0]]
    inside = len(result.scale) == 1 and result.index not in model.main.outputs
    return (result, first) if inside and result.dtype in _EIGHT_BITS else (spec, None)


def _obstacle(model: ModelFile, place: int) -> str | None:
    """Why the input cannot take the bytes of a picture; `None` where it can."""
    spec = model.inputs[place]
    described = model.metadata.inputs[place] if model.metadata.inputs else InputMetadata()
    axis = _channel_axis(spec)
    if described.kind not in ("image", None) or axis is None:
        return "it is no picture of a fixed size"
    if not described.mean:
        return "it takes bytes already" if spec.dtype == "uint8" else "the file does not say how it is normalized"
    if spec.dtype not in _EIGHT_BITS | {"float32"} or (spec.dtype != "float32" and len(spec.scale) != 1):
        return f"its type, {spec.dtype} with {len(spec.scale)} scales, is not covered"
    if spec.index in model.main.outputs or spec.index not in readers(model.main):
        return "it is an output too, or nothing reads it"
    return _unfit(spec, Normalization.of(described), axis)


def _unfit(spec: TensorSpec, wanted: Normalization, axis: int) -> str | None:
    if not wanted.uniform and (axis != len(spec.shape) - 1 or len(wanted.mean) != spec.shape[axis]):
        return "its normalization is per channel, and its channels are not the last dimension"
    if wanted.std.min() <= 0:
        return "its standard deviation is negative"
    return "it takes bytes already" if spec.quantized and takes_bytes(wanted, spec) else None


def _channel_axis(spec: TensorSpec) -> int | None:
    """Which dimension the channels of a picture are; `None` where the shape is that of no picture."""
    if -1 in spec.shape_signature[1:] or spec.shape[:1] != (1,):
        return None
    if len(spec.shape) == 3:
        return 0
    if len(spec.shape) != 4:
        return None
    return 3 if spec.shape[3] in _CHANNELS else 1 if spec.shape[1] in _CHANNELS else None
