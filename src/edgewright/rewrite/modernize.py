"""Models quantized to uint8 in the way of before 2019, in the int8 form that the fast kernels of today want.

The numbers stay the same, each stored one less 128. Weights lose their zero point, which makes them one bit wider: a
channel whose weights still fit is kept exactly, another one is rounded to a scale of its own, or split in two.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from edgewright.errors import UsageError
from edgewright.model import InputMetadata, ModelFile, TensorSpec
from edgewright.rewrite.modernizing.editing import Editing
from edgewright.rewrite.modernizing.plan import plan
from edgewright.rewrite.modernizing.rules import is_legacy, tensors_of, zero_point_of
from edgewright.rewrite.modernizing.splitting import split
from edgewright.rewrite.protocol import Rewritten

Edges = Literal["keep", "int8"]

_PICTURE = 4  # dimensions: batch, height, width, channels


@dataclass(frozen=True)
class Modernize:
    """Compute in int8 what was quantized to uint8.

    `edges`: the model's own inputs and outputs stay uint8 ("keep"), or become int8 too. `lossless`: weights that do not
    fit are split in two, and layers where that cannot be done are left alone. `worth`: how many multiply-accumulates an
    island of rewritten operators needs for each value that is converted on its way in or out. Measured: a conversion
    takes 0.1 to 0.9 nanoseconds, and int8 saves 7 to 15 picoseconds per multiply-accumulate.
    """

    edges: Edges = "keep"
    lossless: bool = False
    worth: int = 128
    name = "modernize"

    def __post_init__(self) -> None:
        if self.edges not in get_args(Edges):
            raise UsageError(f"edges is {self.edges!r}; there are {', '.join(get_args(Edges))}")

    @property
    def guarantee(self) -> str:
        """How close the outputs stay."""
        if self.lossless:
            return "exact on the runtime's default kernels"
        return "exact where all weights fit; other channels are rounded to 1/127 of their largest weight"

    def __call__(self, model: ModelFile) -> Rewritten:
        """Rewrite what can be; operators that stay in uint8 are named with the reason."""
        edges_stay = self.edges == "keep"
        source, numbers = split(model) if self.lossless else (model, None)
        planned = plan(source, edges_stay=edges_stay, lossless=self.lossless, worth=self.worth, numbers=numbers)
        if not planned.operators:
            return Rewritten(model, left_alone=planned.left_alone)
        editing = Editing(source, planned.operators, edges_stay=edges_stay)
        rewritten = ModelFile.build(editing.tables, model.files, model.name)
        if self.edges == "int8":
            rewritten = _taking_the_same_pictures(model, rewritten)
        added = len(source.ops) - len(model.ops)
        changes = [_operators(source, planned.operators, added), _channels(editing), *_edges(model, rewritten)]
        return Rewritten(rewritten, tuple(changes), planned.left_alone)


def _operators(model: ModelFile, rewritten: frozenset[int], added: int) -> str:
    legacy = sum(any(map(is_legacy, tensors_of(one, model))) for one in model.ops)
    beside = f", {added} of them to split weights that need nine bits" if added else ""
    return f"{len(rewritten)} of {legacy} operators on uint8 compute in int8{beside}"


def _channels(editing: Editing) -> str:
    kept = sum(int(one.fits.sum()) for one in editing.weights.values())
    channels = sum(len(one.fits) for one in editing.weights.values())
    rounded = f", {channels - kept} rounded" if kept < channels else ""
    return f"{kept} of {channels} channels of weights kept exactly{rounded}"


def _edges(before: ModelFile, after: ModelFile) -> list[str]:
    pairs = zip((*before.inputs, *before.outputs), (*after.inputs, *after.outputs), strict=True)
    changed = [repr(new.name) for old, new in pairs if new.dtype != old.dtype]
    return [f"{', '.join(changed)} int8 from now on, each number 128 less"] if changed else []


def _taking_the_same_pictures(before: ModelFile, after: ModelFile) -> ModelFile:
    """Where bytes went in as they are, say so in a form that holds for a signed input: each byte less 128."""
    metadata, missing = before.metadata, len(before.inputs) - len(before.metadata.inputs)
    described = (*metadata.inputs[: len(before.inputs)], *(InputMetadata(),) * missing)
    changed = tuple(
        _plain_bytes(old, one) if new.dtype != old.dtype and _takes_bytes(old, one) else one
        for old, new, one in zip(before.inputs, after.inputs, described, strict=True)
    )
    return after if changed == described else after.with_metadata(dataclasses.replace(metadata, inputs=changed))


def _takes_bytes(spec: TensorSpec, described: InputMetadata) -> bool:
    """Whether the file means pixels as they are: it says nothing else, or what it says moves them by a step at most."""
    if not described.mean:
        return len(spec.shape) == _PICTURE
    pixels = np.arange(256)
    normalized = [(pixels - mean) / std for mean, std in zip(described.mean, described.std, strict=True)]
    stored = np.clip(np.rint(np.array(normalized) / spec.scale[0]) + zero_point_of(spec), 0, 255)
    return bool(np.abs(stored - pixels).max() <= 1)


def _plain_bytes(spec: TensorSpec, described: InputMetadata) -> InputMetadata:
    """With the normalization that gives back the stored numbers."""
    return dataclasses.replace(described, mean=(float(zero_point_of(spec)),), std=(1 / spec.scale[0],))
