"""Dimension numbers of StableHLO's gather and scatter, which LiteRT follows without looking.

Source: the constraints of `gather` and `scatter` in the StableHLO specification (https://openxla.org/stablehlo/spec).
"""

from __future__ import annotations

from collections.abc import Sequence

from edgewright.model.node import Node


def gather_dimensions(node: Node) -> None:
    """Every dimension that the options name exists, and the slices lie inside of the operand."""
    operand, indices, result = node.input(0), node.input(1), node.output(0)
    if operand is None or indices is None or result is None:
        return
    rank, sizes = len(operand.shape), _numbers(node, "slice_sizes")
    _check_within(node, "start_index_map", rank)
    _check_within(node, "collapsed_slice_dims", rank)
    _check_within(node, "offset_dims", len(result.shape))
    _check_vector(node, indices.shape, "start_index_map")
    if len(_numbers(node, "offset_dims")) + len(_numbers(node, "collapsed_slice_dims")) != rank:
        raise node.broken(f"offset_dims and collapsed_slice_dims are not the {rank} dimensions of the operand")
    if len(sizes) != rank or any(not 0 <= size <= most for size, most in zip(sizes, operand.shape, strict=True)):
        raise node.broken(f"slices of {list(sizes)} from the shape {list(operand.shape)}")


def scatter_dimensions(node: Node) -> None:
    """Every dimension that the options name exists."""
    operand, indices, updates = node.input(0), node.input(1), node.input(2)
    if operand is None or indices is None or updates is None:
        return
    _check_within(node, "scatter_dims_to_operand_dims", len(operand.shape))
    _check_within(node, "inserted_window_dims", len(operand.shape))
    _check_within(node, "update_window_dims", len(updates.shape))
    _check_vector(node, indices.shape, "scatter_dims_to_operand_dims")


def _numbers(node: Node, option: str) -> Sequence[int]:
    return node.operator.options.get(option) or ()


def _check_within(node: Node, option: str, rank: int) -> None:
    numbers = _numbers(node, option)
    if len(set(numbers)) != len(numbers) or any(not 0 <= number < rank for number in numbers):
        raise node.broken(f"{option} is {list(numbers)}; the dimensions are 0 to {rank - 1}")


def _check_vector(node: Node, shape: Sequence[int], option: str) -> None:
    """An index vector has one entry per dimension of `option`; behind the last dimension, each is a single index."""
    place, rank = node.option("index_vector_dim"), len(shape)
    if not 0 <= place <= rank:
        raise node.broken(f"index_vector_dim is {place}; it is 0 to {rank}")
    if (*shape, 1)[place] != len(_numbers(node, option)):
        raise node.broken(f"{option} is {list(_numbers(node, option))} for indices of the shape {list(shape)}")
