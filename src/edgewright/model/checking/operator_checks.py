"""Checks of single operators: what they take and give, and options that a kernel would divide by or loop over."""

from __future__ import annotations

from collections.abc import Sequence

from edgewright.model.checking.operator_notation import SHARED, TYPES, Operands
from edgewright.model.checking.operator_rules import RULES
from edgewright.model.checking.operator_table import signature
from edgewright.model.graph import TensorSpec
from edgewright.model.node import Node
from edgewright.model.storage.schema import TFLITE

# Options that are divisors, loop counts or sizes. No picture is so wide that larger ones mean anything, and products of
# two of them must fit into 32 bits.
_LARGEST = 2**15
_POSITIVE = frozenset(
    """stride_w stride_h stride_d dilation_w_factor dilation_h_factor dilation_d_factor filter_width filter_height
    block_size num_splits values_count num""".split()
)

# Enumerations: option -> the number of values that exist.
_ENUMERATIONS = {"padding": 2, "fused_activation_function": 6, "mode": 2, "weights_format": 2, "kernel_type": 2}


def check_operator(node: Node) -> None:
    """Raise `FormatError` where an operator has what no sound file has."""
    operator = node.operator
    if operator.is_custom:
        _check_indices(node, "input", operator.inputs, lowest=-1)
        _check_indices(node, "output", operator.outputs, lowest=0)
        from edgewright.model.checking.custom import check_custom  # most files have none

        check_custom(node)
        return
    expected = signature(operator.name)
    if expected is None:
        raise node.broken("it belongs to the runtime itself; no file holds it")
    _check_operands(node, "input", operator.inputs, expected.inputs)
    _check_operands(node, "output", operator.outputs, expected.outputs)
    _check_types(node, operator.inputs, expected.inputs, operator.outputs, expected.outputs)
    _check_options(node, expected.options)
    for rule in RULES.get(operator.name, ()):
        rule(node)


def _check_operands(node: Node, what: str, indices: Sequence[int], expected: Operands) -> None:
    most = len(indices) if expected.most is None else expected.most
    if not expected.fewest <= len(indices) <= most:
        raise node.broken(f"{len(indices)} {what}s; it has {_range(expected)}")
    _check_indices(node, what, indices, lowest=-1)
    for place, index in enumerate(indices):
        if index < 0 and not expected[place].nullable:
            raise node.broken(f"{what} {place} is left out, and it is needed")


def _range(expected: Operands) -> str:
    if expected.most is None:
        return f"{expected.fewest} or more"
    return str(expected.most) if expected.fewest == expected.most else f"{expected.fewest} to {expected.most}"


def _check_indices(node: Node, what: str, indices: Sequence[int], *, lowest: int) -> None:
    count = len(node.graph.subgraphs[node.number].tensors)
    if indices and not lowest <= min(indices) <= max(indices) < count:
        raise node.broken(f"{what} indices {list(indices)} are outside of {lowest} to {count - 1}")


def _check_types(node: Node, inputs: Sequence[int], taken: Operands, outputs: Sequence[int], given: Operands) -> None:
    """Types that the operator takes, in the ranks it takes, and one type wherever its operands share one."""
    tensors = node.graph.subgraphs[node.number].tensors
    shared = ""
    for indices, expected in ((inputs, taken), (outputs, given)):
        for place, index in enumerate(indices):
            if index < 0:
                continue
            tensor, operand = tensors[index], expected[place]
            if tensor.dtype not in TYPES[operand.letter]:
                raise node.broken(f"tensor {index} is of type {tensor.dtype}, which it does not work with")
            if operand.letter in SHARED:
                shared = shared or tensor.dtype
                if tensor.dtype != shared:
                    raise node.broken(f"tensor {index} is of type {tensor.dtype} where others are of type {shared}")
            if operand.rank is not None:
                _check_rank(node, tensor, operand.rank)


def _check_rank(node: Node, tensor: TensorSpec, rank: int) -> None:
    if rank == 0 and tensor.elements != 1:
        raise node.broken(f"tensor {tensor.index} has the shape {list(tensor.shape)}; a single element belongs there")
    known = bool(tensor.shape) or node.is_constant(tensor)
    if rank and known and len(tensor.shape) != rank:
        raise node.broken(f"tensor {tensor.index} has the shape {list(tensor.shape)}; {rank} dimensions belong there")


def _check_options(node: Node, table: str | None) -> None:
    found = node.operator.option_table
    if table is None:
        return
    if found not in ("", table):
        raise node.broken(f"it has {found} where {table} belong")
    for field in TFLITE.fields(table):
        if field.vector or field.kind != "scalar":
            continue
        value = node.option(field.name) if field.type[0] != "f" else 1
        if field.name in _POSITIVE and not 1 <= value <= _LARGEST:
            raise node.broken(f"{field.name} is {value}; it is 1 to {_LARGEST}")
        if field.name in _ENUMERATIONS and not 0 <= value < _ENUMERATIONS[field.name]:
            raise node.broken(f"{field.name} is {value}; it is 0 to {_ENUMERATIONS[field.name] - 1}")
