"""What a file computes on the way, beside what the layers of its source return: a proof where no output moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.convert.proof.matching import MAP, match_layers, squeezed
from edgewright.convert.sources.layout import channels_last
from edgewright.convert.sources.ports import Sample
from edgewright.engine import Engine, open_engine
from edgewright.errors import EngineError
from edgewright.evaluate import OutputAgreement, Runner, compare
from edgewright.model import ModelFile, TensorSpec
from edgewright.task import dequantize

Array = npt.NDArray[Any]


def compare_layers(
    model: ModelFile, samples: Sequence[Sample], activations: Sequence[Mapping[str, Array]]
) -> tuple[OutputAgreement, ...]:
    """Each layer of the source that has a tensor of the file and is not still over the samples, in their order."""
    tensors = match_layers(model, {layer: array.shape for layer, array in activations[0].items()})
    if not tensors:
        return ()
    _, computed = watch_layers(model, [list(sample.values()) for sample in samples], tensors)
    return tuple(layer for layer in compare_inner(activations, computed, list(tensors)) if layer.varies)


def compare_inner(
    activations: Sequence[Mapping[str, Array]], computed: Sequence[Mapping[str, Array]], layers: Sequence[str]
) -> tuple[OutputAgreement, ...]:
    """Compare the named layers; their shapes may differ in sizes of 1, which the converter adds and drops.

    Maps may lie in the file with their channels last: where the shapes leave it open, the nearer layout is compared.
    """
    expected = [
        [_laid_out(np.asarray(ours[layer]), np.asarray(theirs[layer])) for layer in layers]
        for ours, theirs in zip(activations, computed, strict=True)
    ]
    found = [[np.asarray(sample[layer]).ravel() for layer in layers] for sample in computed]
    return compare(expected, found, layers).outputs


def _laid_out(returned: Array, computed: Array) -> Array:
    """What a layer returned, as a vector in the layout of the file's tensor."""
    turned = [channels_last(returned)] if returned.ndim == MAP else []
    fitting = [one.ravel() for one in turned if squeezed(one.shape) == squeezed(computed.shape)]
    if squeezed(returned.shape) == squeezed(computed.shape) or not fitting:
        fitting.insert(0, returned.ravel())
    if len(fitting) == 1:
        return fitting[0]
    return min(fitting, key=lambda values: float(np.abs(values - computed.ravel()).sum()))


def watch_layers(
    model: ModelFile, inputs: Sequence[Sequence[Array]], tensors: Mapping[str, TensorSpec]
) -> tuple[list[list[Array]], list[dict[str, Array]]]:
    """The outputs of a file for each input, and the values of these tensors by layer, all as real numbers."""
    outputs, computed = [], []
    with open_engine(model, preserve_all_tensors=True) as engine:
        run = Runner(engine)
        for arrays in inputs:
            outputs.append(run(arrays))
            computed.append({layer: dequantize(_tensor(engine, spec), spec) for layer, spec in tensors.items()})
    return outputs, computed


def _tensor(engine: Engine, spec: TensorSpec) -> Array:
    read = getattr(engine, "tensor", None)
    if read is None:
        raise EngineError("this engine does not show its intermediate tensors. Use the engine 'litert'")
    array: Array = read(spec.index)
    return array
