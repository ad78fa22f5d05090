"""Checks of single operators: indices, and options that a kernel would divide by or loop over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from edgewright.errors import FormatError
from edgewright.model.graph import Graph, Operator, Subgraph

# Options that are divisors, loop counts or sizes: zero and negative values have no meaning.
_POSITIVE = frozenset(
    """stride_w stride_h stride_d dilation_w_factor dilation_h_factor dilation_d_factor filter_width filter_height
    block_size num_splits values_count num""".split()
)

# Enumerations: option -> the number of values that exist.
_ENUMERATIONS = {"padding": 2, "fused_activation_function": 6, "mode": 2, "weights_format": 2, "kernel_type": 2}

# The operators of which the kernels look for a missing optional input (index -1).
_OPTIONAL_INPUTS = frozenset(
    """FULLY_CONNECTED CONV_2D DEPTHWISE_CONV_2D CONV_3D CONV_3D_TRANSPOSE TRANSPOSE_CONV LSTM SVDF RNN
    UNIDIRECTIONAL_SEQUENCE_LSTM BIDIRECTIONAL_SEQUENCE_LSTM BIDIRECTIONAL_SEQUENCE_RNN UNIDIRECTIONAL_SEQUENCE_RNN
    STABLEHLO_COMPOSITE CALL_ONCE""".split()
)

_SUBGRAPH_OPTIONS = frozenset(
    """then_subgraph_index else_subgraph_index cond_subgraph_index body_subgraph_index init_subgraph_index
    decomposition_subgraph_index comparator_subgraph_index update_computation_subgraph_index subgraph""".split()
)


def check_operator(where: str, operator: Operator, subgraph: Subgraph, graph: Graph) -> None:
    """Raise `FormatError` where an operator refers to what is not there or has an option out of its range."""
    _check_tensors(where, operator, len(subgraph.tensors))
    _check_options(where, operator.options)
    for name in _SUBGRAPH_OPTIONS & operator.options.keys():
        if not 0 <= operator.options[name] < len(graph.subgraphs):
            raise FormatError(f"{where}: {name} is {operator.options[name]}, and the file has {len(graph.subgraphs)}")
    rule = _RULES.get(operator.name)
    if rule is not None:
        rule(where, operator, subgraph)


def _check_tensors(where: str, operator: Operator, count: int) -> None:
    lowest = -1 if operator.is_custom or operator.name in _OPTIONAL_INPUTS else 0
    for index in operator.inputs:
        if not lowest <= index < count:
            raise FormatError(f"{where}: input index {index} is outside of {lowest} to {count - 1}")
    for index in operator.outputs:
        if not 0 <= index < count:
            raise FormatError(f"{where}: output index {index} is outside of 0 to {count - 1}")


def _check_options(where: str, options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if name in _POSITIVE and isinstance(value, int) and value <= 0:
            raise FormatError(f"{where}: {name} is {value}; it is at least 1")
        if name in _ENUMERATIONS and isinstance(value, int) and not 0 <= value < _ENUMERATIONS[name]:
            raise FormatError(f"{where}: {name} is {value}; it is 0 to {_ENUMERATIONS[name] - 1}")


def _shape(subgraph: Subgraph, index: int) -> tuple[int, ...]:
    return subgraph.tensors[index].shape


def _check_weights(rank: int) -> Callable[[str, Operator, Subgraph], None]:
    def check(where: str, operator: Operator, subgraph: Subgraph) -> None:
        if len(operator.inputs) < 2 or operator.inputs[0] < 0 or operator.inputs[1] < 0:
            raise FormatError(f"{where}: an input and weights are needed")
        weights = _shape(subgraph, operator.inputs[1])
        if len(weights) != rank or 0 in weights:
            raise FormatError(f"{where}: the weights have the shape {list(weights)}; {rank} dimensions are expected")

    return check


_RULES: dict[str, Callable[[str, Operator, Subgraph], None]] = {
    "CONV_2D": _check_weights(4),
    "DEPTHWISE_CONV_2D": _check_weights(4),
    "CONV_3D": _check_weights(5),
    "FULLY_CONNECTED": _check_weights(2),
}
