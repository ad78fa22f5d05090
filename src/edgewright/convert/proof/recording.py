"""A source run on samples with everything that it computes on the way, to be compared with a file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.normalizing import picture_port, recognize
from edgewright.convert.proof.samples import choose
from edgewright.convert.representative import Array
from edgewright.convert.sources.contract import ShowsLayers
from edgewright.convert.sources.notes import in_noted_size
from edgewright.convert.sources.ports import Sample, require_numbers, settle
from edgewright.convert.sources.registry import find_source
from edgewright.convert.sources.taking import require_taken
from edgewright.errors import UsageError
from edgewright.model import ModelFile

# Each sample keeps every activation of the model in memory, twice.
SAMPLES = 4


@dataclass(frozen=True)
class Recording:
    """What a source computed: `activations` by layer for each sample, `outputs` in the order of `names`.

    `range_known`: whether the samples lie where pixels do that the model is for; `notices` say what was understood.
    """

    samples: list[Sample] = field(repr=False)
    activations: list[dict[str, Array]] = field(repr=False)
    outputs: list[list[Array]] = field(repr=False)
    names: tuple[str, ...]
    range_known: bool = True
    notices: tuple[str, ...] = ()


def record_source(path: Path, options: ConversionOptions) -> Recording:
    """Load the source and run it on a few samples; for a child process, because it starts TensorFlow.

    Raises what `convert` raises for a source that cannot be loaded.
    """
    source = find_source(path)
    require_taken(source, str(path), options)
    opened = source.open(path, options)
    if isinstance(opened, ModelFile) or not isinstance(opened, ShowsLayers):
        advice = "Give the model it was made from" if isinstance(opened, ModelFile) else "Compare outputs with convert"
        raise UsageError(f"{path} is {source.title}, which has no layers to compare. {advice}")
    require_numbers(opened.inputs, opened.name)
    options = in_noted_size(opened, options)
    ports = settle(opened.inputs, replace(options, dynamic_batch=False))
    options, notices = recognize(opened, ports, options)
    chosen = choose(ports, options)
    samples = _few(chosen.compared)
    outputs = opened.run(samples)
    inner = _without(opened.activations(samples), outputs)
    return Recording(
        samples,
        inner,
        outputs,
        names=tuple(port.name for port in opened.outputs),
        range_known=options.preparation.mean != () or picture_port(ports) is None,
        notices=(*notices, *chosen.notices),
    )


def _without(activations: list[dict[str, Array]], outputs: list[list[Array]]) -> list[dict[str, Array]]:
    """Leave out the layers that return an output of the model: that is compared as such."""
    last = {name for name, array in activations[0].items() if any(_equal(array, output) for output in outputs[0])}
    return [{name: array for name, array in sample.items() if name not in last} for sample in activations]


def _few(samples: list[Any]) -> list[Any]:
    return samples[:: max(len(samples) // SAMPLES, 1)][:SAMPLES]


def _equal(one: Array, other: Array) -> bool:
    """The same but for the rounding of sums in another order: outputs may come from a larger batch."""
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-4, atol=1e-6))
