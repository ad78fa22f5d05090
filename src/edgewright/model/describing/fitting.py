"""What a file says of itself, fitted to the tensors that its model has: how many there are, and how wide."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from edgewright.model.describing.damage import sound
from edgewright.model.describing.label_lines import GAP, meant_labels
from edgewright.model.describing.values import InputMetadata, Metadata, OutputMetadata

if TYPE_CHECKING:
    from edgewright.model.graph import TensorSpec


def as_many(said: Metadata, inputs: int, outputs: int) -> Metadata:
    """The same for a model of so many inputs and outputs: what is left out says nothing, and too many are damage."""
    if len(said.inputs) in (0, inputs) and len(said.outputs) in (0, outputs):
        return said
    damaged = dict(said.damaged)
    for what, described, real in (("inputs", said.inputs, inputs), ("outputs", said.outputs, outputs)):
        if len(described) > real:
            damaged[what] = f"the metadata describes {len(described)} {what}, and the model has {real}"
    all_inputs = (*said.inputs, *(InputMetadata(),) * inputs)[:inputs] if said.inputs else ()
    all_outputs = (*said.outputs, *(OutputMetadata(),) * outputs)[:outputs] if said.outputs else ()
    return dataclasses.replace(said, inputs=all_inputs, outputs=all_outputs, damaged=damaged)


def with_meant_labels(said: Metadata, outputs: Sequence[TensorSpec]) -> Metadata:
    """The same with labels as their lists mean them: behind numbers, or all in one line."""
    counts = [_count(output, spec, len(outputs)) for output, spec in zip(said.outputs, outputs, strict=False)]
    meant = tuple(_meant(output, count) for output, count in zip(said.outputs, counts, strict=True))
    changed = any(new is not old for new, old in zip(meant, said.outputs, strict=True))
    return dataclasses.replace(said, outputs=meant) if changed else said


def _count(output: OutputMetadata, spec: TensorSpec, outputs: int) -> int | None:
    """How many labels an output has room for; `None` where they name values, of which the number is unknown."""
    width = spec.shape[-1] if spec.shape else 1
    if output.label_target == "axis":
        return width if width > 1 else spec.elements
    is_row = outputs == 1 and width == spec.elements > 1
    return width if is_row else None


def _meant(output: OutputMetadata, count: int | None) -> OutputMetadata:
    damaged = dict(output.damaged)
    mean = partial(meant_labels, count=count, gap=None if count else GAP)
    nothing: tuple[str, ...] = ()
    labels = sound(damaged, "labels", partial(mean, output.labels), nothing)
    by_locale = {
        locale: sound(damaged, f"labels {locale}", partial(mean, translated), nothing)
        for locale, translated in output.labels_by_locale.items()
    }
    by_locale = {locale: translated for locale, translated in by_locale.items() if translated}
    if labels == output.labels and by_locale == output.labels_by_locale:
        return output
    return dataclasses.replace(output, labels=labels, labels_by_locale=by_locale, damaged=damaged)
