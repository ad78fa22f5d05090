"""Biases that make up for what rounding the weights does to the mean of a layer's output.

Rounded weights Wq give W x - Wq x too little; the mean of that over the data, (W - Wq) E[x] for each output channel, is
no noise but a shift, and goes into the bias. In layers that take differences of neighbors (depthwise filters whose
weights add up to about nothing) it is most of the error. Source: M. Nagel et al., "Data-Free Quantization Through
Weight Equalization and Bias Correction" (2019), section 4.2; E[x] is measured per input channel on calibration samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.engine import Interpreter
from edgewright.machine import Progress, silent
from edgewright.model import ModelFile, Operator, Table, TensorSpec

Array = npt.NDArray[Any]


def input_means(model: ModelFile, samples: Sequence[Sequence[Array]], progress: Progress = silent) -> dict[int, Array]:
    """Mean input of each operator that can be corrected: (channels,) float32 by the operator's index.

    `samples` hold all inputs each, in their order and shapes. For FULLY_CONNECTED a channel is one input number.
    Keeps all activations of one sample in memory.
    """
    operators = _covered(model)
    run = Interpreter(model_content=model.data, num_threads=1, experimental_preserve_all_tensors=True)
    run.allocate_tensors()
    sums = {one.index: np.zeros(_width(model, one)) for one in operators}
    for done, sample in enumerate(samples):
        progress("measuring means", done, len(samples))
        for spec, array in zip(model.inputs, sample, strict=True):
            run.set_tensor(spec.index, array)
        run.invoke()
        for one in operators:
            sums[one.index] += run.get_tensor(one.inputs[0]).reshape(-1, len(sums[one.index])).mean(0)
    progress("measuring means", len(samples), len(samples))
    return {index: (total / len(samples)).astype(np.float32) for index, total in sums.items()}


def with_corrected_biases(model: ModelFile, quantized: ModelFile, means: Mapping[int, Array]) -> ModelFile:
    """The float model with the biases that suit the weights of `quantized`, to be quantized once more.

    `quantized` comes from `model`: its weights are read back. Operators without a bias, those whose weights did not
    change or are computed, and those with weights in float16, whose error is nothing, stay as they are: behind one may
    be a logarithm, to which a small shift is everything. A bias that several operators share is copied first.
    """
    before, after = _covered(model), _covered(quantized)
    if [one.name for one in before] != [one.name for one in after]:
        return model
    tables, changed = model.edit(), False
    for old, new in zip(before, after, strict=True):
        if not _source(quantized, new).quantized or not _in_file(model, old):
            continue
        error = _weights(model, old) - _weights(quantized, new)
        if old.index in means and error.any():
            _add(tables, model, old, _SHIFTS[old.name](error, means[old.index]))
            changed = True
    return ModelFile.build(tables, model.files, model.name) if changed else model


def _covered(model: ModelFile) -> list[Operator]:
    """Those with a bias; the quantizer puts operators between them and leaves their order."""
    return [one for one in model.ops if one.name in _SHIFTS and len(one.inputs) > 2 and one.inputs[2] >= 0]


def _in_file(model: ModelFile, operator: Operator) -> bool:
    """Whether weights and bias of an operator of the float model are constants."""
    return all(len(model.constant(model.main.tensors[index])) for index in operator.inputs[1:3])


def _width(model: ModelFile, operator: Operator) -> int:
    where = 1 if operator.name == "FULLY_CONNECTED" else 0
    return model.main.tensors[operator.inputs[where]].shape[-1]


def _conv_shift(error: Array, mean: Array) -> Array:
    """`error` (out, height, width, in / groups): what an input is on average, it is at every tap."""
    taps = error.sum((1, 2))
    groups = len(mean) // taps.shape[1]
    grouped = taps.reshape(groups, -1, taps.shape[1])
    shift: Array = np.einsum("goi,gi->go", grouped, mean.reshape(groups, -1)).ravel()
    return shift


def _depthwise_shift(error: Array, mean: Array) -> Array:
    """`error` (1, height, width, in * multiplier): each input channel has its outputs side by side."""
    shift: Array = error.sum((0, 1, 2)) * np.repeat(mean, error.shape[-1] // len(mean))
    return shift


def _dense_shift(error: Array, mean: Array) -> Array:
    shift: Array = error @ mean
    return shift


# Operators with a bias as third input, and how the shift comes from the error of their weights and their mean input.
_SHIFTS: Mapping[str, Callable[[Array, Array], Array]] = {
    "CONV_2D": _conv_shift,
    "DEPTHWISE_CONV_2D": _depthwise_shift,
    "FULLY_CONNECTED": _dense_shift,
}


def _add(tables: Table, model: ModelFile, operator: Operator, shift: Array) -> None:
    """Put bias + shift into a tensor and a buffer of the operator's own."""
    graph, spec = tables["subgraphs"][0], model.main.tensors[operator.inputs[2]]
    bias = np.frombuffer(model.constant(spec), "<f4") + shift
    index = spec.index
    if sum(spec.index in one.inputs for one in model.ops) > 1:
        index = len(graph["tensors"])
        copied = {**graph["tensors"][spec.index], "name": f"{spec.name}#{operator.index}"}
        graph["tensors"] = [*graph["tensors"], copied]
        inputs = list(operator.inputs)
        inputs[2] = index
        graph["operators"][operator.index]["inputs"] = inputs
    data = {"data": bias.astype("<f4").tobytes()}
    if index == spec.index and _users(model, spec.buffer) == 1:
        tables["buffers"][spec.buffer] = data
    else:
        tables["buffers"] = [*tables["buffers"], data]
        graph["tensors"][index]["buffer"] = len(tables["buffers"]) - 1


def _users(model: ModelFile, buffer: int) -> int:
    return sum(tensor.buffer == buffer for graph in model.graph.subgraphs for tensor in graph.tensors)


def _source(model: ModelFile, operator: Operator) -> TensorSpec:
    """The weights as they are stored, before a DEQUANTIZE where there is one."""
    spec = model.main.tensors[operator.inputs[1]]
    source = next((one for one in model.ops if spec.index in one.outputs), None)
    return spec if source is None else model.main.tensors[source.inputs[0]]


def _weights(model: ModelFile, operator: Operator) -> Array:
    """The weights as real numbers."""
    spec = _source(model, operator)
    if not spec.quantized:
        kind = "<f2" if spec.dtype == "float16" else "<f4"
        return np.frombuffer(model.constant(spec), kind).astype(np.float32).reshape(spec.shape)
    shape = [1] * len(spec.shape)
    if len(spec.scale) > 1:
        shape[spec.axis] = -1
    real: Array = _stored(model, spec) * np.array(spec.scale, np.float32).reshape(shape)  # weights have zero point 0
    return real


def _stored(model: ModelFile, spec: TensorSpec) -> Array:
    numbers = np.frombuffer(model.constant(spec), np.int8)
    if spec.dtype == "int4":  # two in a byte, the first one in the lower half
        numbers = np.stack([numbers << 4 >> 4, numbers >> 4], 1).ravel()[: spec.elements]
    return numbers.reshape(spec.shape)
