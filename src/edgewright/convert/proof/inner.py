"""What a file computes on the way, beside what the layers of its source return: a proof where no output moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.convert.proof.matching import match_layers
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
    """Compare the named layers; their shapes may differ in sizes of 1, which the converter adds and drops."""
    return compare(_flat(activations, layers), _flat(computed, layers), layers).outputs


def _flat(values: Sequence[Mapping[str, Array]], layers: Sequence[str]) -> list[list[Array]]:
    return [[np.asarray(sample[layer]).ravel() for layer in layers] for sample in values]


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
