"""Checks beyond the format: does the graph make sense?

A runtime trusts much of what a file says, and a damaged file can make it divide by zero, read past a buffer or never
end. What is checked here is what LiteRT relies on without looking.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from edgewright.errors import FormatError
from edgewright.model import cost
from edgewright.model.checking.control_flow import check_control_flow
from edgewright.model.checking.folding import Folding
from edgewright.model.checking.operator_checks import check_operator
from edgewright.model.checking.storage_checks import check_storage
from edgewright.model.graph import Graph, Operator, Subgraph, TensorSpec
from edgewright.model.node import Node
from edgewright.model.storage.buffers import Buffers
from edgewright.model.storage.flatbuffer import Table

SCHEMA_VERSION = 3

# Elements of one tensor: the runtime counts bytes in 32 bits in many kernels.
_MAX_ELEMENTS = 2**31 - 1
_MAX_RANK = 8

# The runtime takes them in one piece and ends the process where it cannot. The largest models for small computers
# need a tenth of it.
_MAX_ACTIVATION_BYTES = 2**31

# The smallest number of full precision in 32 bits; the reciprocal of a smaller one is infinite.
_SMALLEST_SCALE = 2.0**-126

# A zero point is a number of the tensor's type.
_ZERO_POINTS = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-(2**15), 2**15 - 1), "uint16": (0, 2**16 - 1)}
_ANY_ZERO_POINT = (-(2**31), 2**31 - 1)

_STATEFUL = frozenset(
    """LSTM RNN SVDF UNIDIRECTIONAL_SEQUENCE_LSTM UNIDIRECTIONAL_SEQUENCE_RNN BIDIRECTIONAL_SEQUENCE_LSTM
    BIDIRECTIONAL_SEQUENCE_RNN""".split()
)


def check_model(model: Table, graph: Graph, buffers: Buffers) -> None:
    """Raise `FormatError` for the first thing that no sound model has."""
    if model["version"] != SCHEMA_VERSION:
        raise FormatError(f"schema version {model['version']}; only version {SCHEMA_VERSION} exists in the field")
    if model["external_buffers"]:
        raise FormatError("its weights are in another file; only models that hold their weights can be used")
    if not graph.subgraphs:
        raise FormatError("there is no graph in it")
    _check_indices("metadata", (entry["buffer"] for entry in model["metadata"] or ()), len(buffers))
    folding = Folding(graph, buffers)
    for number, subgraph in enumerate(graph.subgraphs):
        _check_subgraph(number, subgraph, graph, buffers, folding)
        for table, tensor in zip(model["subgraphs"][number]["tensors"] or (), subgraph.tensors, strict=True):
            check_storage(f"subgraph {number}, tensor {tensor.index}", table, tensor, subgraph.tensors, buffers)
    check_control_flow(graph)
    _check_signatures(graph)
    _check_entries(graph)


def _check_subgraph(number: int, subgraph: Subgraph, graph: Graph, buffers: Buffers, folding: Folding) -> None:
    count = len(subgraph.tensors)
    where = f"subgraph {number}"
    _check_indices(f"{where} inputs", subgraph.inputs, count)
    _check_indices(f"{where} outputs", subgraph.outputs, count)
    for tensor in subgraph.tensors:
        _check_tensor(f"{where}, tensor {tensor.index}", tensor, buffers)
    for operator in subgraph.operators:
        check_operator(Node(operator, number, graph, buffers, folding))
    _check_order(where, subgraph, buffers)
    peak = cost.peak_activation_bytes(subgraph, lambda tensor: bool(len(buffers[tensor.buffer])))
    if peak > _MAX_ACTIVATION_BYTES:
        raise FormatError(f"{where}: {peak:,} bytes of activations; at most {_MAX_ACTIVATION_BYTES:,} can be used")


def _check_tensor(where: str, tensor: TensorSpec, buffers: Buffers) -> None:
    if tensor.buffer >= len(buffers):
        raise FormatError(f"{where} has buffer {tensor.buffer}, and the file has {len(buffers)}")
    if len(tensor.shape) > _MAX_RANK:
        raise FormatError(f"{where} has {len(tensor.shape)} dimensions; at most {_MAX_RANK} can be used")
    if any(size < 0 for size in tensor.shape):
        raise FormatError(f"{where} has the shape {list(tensor.shape)}")
    if tensor.elements > _MAX_ELEMENTS:
        raise FormatError(f"{where} has the shape {list(tensor.shape)}: {tensor.elements:,} elements")
    if len(tensor.shape_signature) != len(tensor.shape) or any(
        free not in (-1, size) for free, size in zip(tensor.shape_signature, tensor.shape, strict=True)
    ):
        raise FormatError(
            f"{where} has the shape {list(tensor.shape)} and the signature {list(tensor.shape_signature)}"
        )
    _check_data(where, tensor, len(buffers[tensor.buffer]))
    _check_quantization(where, tensor)


def _check_data(where: str, tensor: TensorSpec, length: int) -> None:
    expected = tensor.nbytes
    if not length or expected is None or tensor.is_sparse:
        return
    if length != expected:
        raise FormatError(
            f"{where} ({tensor.dtype} {list(tensor.shape)}) takes {expected:,} bytes, and its buffer has {length:,}"
        )


def _check_quantization(where: str, tensor: TensorSpec) -> None:
    scales = len(tensor.scale)
    if not scales:
        return
    if not math.isfinite(sum(tensor.scale)) or min(tensor.scale) < 0:
        raise FormatError(f"{where} has a quantization scale that is negative or not finite")
    if scales == 1 and tensor.scale[0] < _SMALLEST_SCALE:
        raise FormatError(f"{where} has the quantization scale {tensor.scale[0]}, which cannot be divided by")
    if len(tensor.zero_point) not in (0, 1, scales):
        raise FormatError(f"{where} has {scales} scales and {len(tensor.zero_point)} zero points")
    if scales > 1 and (tensor.axis >= len(tensor.shape) or tensor.axis < 0 or tensor.shape[tensor.axis] != scales):
        raise FormatError(f"{where} has {scales} scales along axis {tensor.axis} of {list(tensor.shape)}")
    lowest, highest = _ZERO_POINTS.get(tensor.dtype, _ANY_ZERO_POINT)
    if tensor.zero_point and not lowest <= min(tensor.zero_point) <= max(tensor.zero_point) <= highest:
        raise FormatError(f"{where} has a zero point outside of {lowest} to {highest}")


def _check_order(where: str, subgraph: Subgraph, buffers: Buffers) -> None:
    """Every input exists before it is read, and every tensor is made once, by one operator or from outside."""
    made = {tensor.index for tensor in subgraph.tensors if tensor.is_variable or len(buffers[tensor.buffer])}
    for index in subgraph.inputs:
        if index in made:
            raise FormatError(f"{where}: input tensor {index} holds a constant or a state")
    made.update(subgraph.inputs)
    for operator in subgraph.operators:
        for index in operator.inputs:
            if index < 0:
                continue
            if index not in made and not _may_be_empty(subgraph.tensors[index]):
                raise FormatError(f"{where}, operator {operator.index} reads tensor {index} before anything makes it")
            if subgraph.tensors[index].is_variable and not _keeps_state(operator):
                raise FormatError(f"{where}, operator {operator.index} ({operator.name}) reads the state {index}")
        for index in operator.outputs:
            if index in made:
                raise FormatError(f"{where}, operator {operator.index} writes to tensor {index}, which exists already")
            made.add(index)
    for index in subgraph.outputs:
        if index not in made and not _may_be_empty(subgraph.tensors[index]):
            raise FormatError(f"{where}: output tensor {index} is made by nothing")


def _keeps_state(operator: Operator) -> bool:
    """Whether the operator's kernel reads and writes variable tensors, which belong to one operator from run to run."""
    return operator.is_custom or operator.name in _STATEFUL


def _may_be_empty(tensor: TensorSpec) -> bool:
    """A constant of no elements has no bytes either."""
    return tensor.elements == 0


def _check_signatures(graph: Graph) -> None:
    keys = [signature.key for signature in graph.signatures]
    if len(set(keys)) != len(keys):
        raise FormatError(f"two signatures have one name: {keys}")
    for signature in graph.signatures:
        if signature.subgraph >= len(graph.subgraphs):
            raise FormatError(f"signature {signature.key!r} is for subgraph {signature.subgraph}, which is not there")
        count = len(graph.subgraphs[signature.subgraph].tensors)
        indices = [*signature.inputs.values(), *signature.outputs.values()]
        _check_indices(f"signature {signature.key!r}", indices, count)


def _check_entries(graph: Graph) -> None:
    """What a caller can give are values: a table or a variable of the runtime's own has no meaning outside of it."""
    for number in {0, *(signature.subgraph for signature in graph.signatures)}:
        subgraph = graph.subgraphs[number]
        for index in subgraph.inputs:
            if subgraph.tensors[index].dtype in ("resource", "variant"):
                raise FormatError(f"subgraph {number}: input tensor {index} is of type {subgraph.tensors[index].dtype}")


def _check_indices(what: str, indices: Iterable[int], count: int) -> None:
    for index in indices:
        if not 0 <= index < count:
            raise FormatError(f"{what}: index {index} is outside of 0 to {count - 1}")
