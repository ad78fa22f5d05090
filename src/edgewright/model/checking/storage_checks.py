"""How constants are stored: texts, sparse ones, and ones with a scale per block.

Source: the comments on `SparsityParameters` and `BlockwiseQuantization` in the schema, and the TACO format that they
refer to (Kjolstad et al., "The Tensor Algebra Compiler", 2017): dimensions are visited in the traversal order, a dense
one multiplies the number of positions, a sparse one lists for each position so far which entries follow.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise

from edgewright.errors import FormatError
from edgewright.model.graph import BITS, TensorSpec
from edgewright.model.storage.buffers import Buffers
from edgewright.model.storage.flatbuffer import Blob, Table

_DENSE = 0
_SCALES_IN_TENSORS = frozenset({"BlockwiseQuantization", "MultiAxisQuantization"})
_SCALE_TYPES = frozenset({"float32", "float16", "bfloat16"})


def check_storage(
    where: str, table: Table, tensor: TensorSpec, tensors: Sequence[TensorSpec], buffers: Buffers
) -> None:
    """Raise `FormatError` where the tensor's texts, sparsity or block quantization do not fit its shape and bytes."""
    if tensor.dtype == "string" and buffers[tensor.buffer]:
        _check_texts(where, tensor, buffers[tensor.buffer])
    if table["sparsity"] is not None:
        _check_sparsity(f"{where}, sparsity", table["sparsity"], tensor, len(buffers[tensor.buffer]))
    details = (table["quantization"] or {}).get("details")
    if details and details[0] in _SCALES_IN_TENSORS:
        _check_block_scales(f"{where}, {details[0]}", details[1], tensor, tensors, buffers)


def _check_texts(where: str, tensor: TensorSpec, data: memoryview) -> None:
    """Their number, where each one starts and the last one ends, as 32-bit integers, then the texts."""
    count = int.from_bytes(data[:4], "little", signed=True)
    start = 4 * (count + 2)
    if count != tensor.elements or start > len(data):
        raise FormatError(f"{where}: {count} texts in {len(data)} bytes for the shape {list(tensor.shape)}")
    places = struct.unpack_from(f"<{count + 1}i", data, 4)
    if places[0] != start or places[-1] > len(data) or any(a > b for a, b in pairwise(places)):
        raise FormatError(f"{where}: its texts are not where it says")


def _check_block_scales(
    where: str, details: Table, tensor: TensorSpec, tensors: Sequence[TensorSpec], buffers: Buffers
) -> None:
    block, rank = details["block_size"], len(tensor.shape)
    if block < 1 or not rank or tensor.shape[-1] % block:
        raise FormatError(f"{where}: blocks of {block} in the shape {list(tensor.shape)}")
    scales = _tensor_at(where, details["scales"], tensors)
    if scales.dtype not in _SCALE_TYPES or scales.elements * block != tensor.elements or not buffers[scales.buffer]:
        raise FormatError(f"{where}: {scales.elements} scales ({scales.dtype}) for {tensor.elements} values")
    if details["zero_points"] > 0:
        zeros = _tensor_at(where, details["zero_points"], tensors)
        if zeros.elements not in (1, scales.elements) or not buffers[zeros.buffer]:
            raise FormatError(f"{where}: {zeros.elements} zero points for {scales.elements} scales")


def _tensor_at(where: str, index: int, tensors: Sequence[TensorSpec]) -> TensorSpec:
    if not 0 <= index < len(tensors):
        raise FormatError(f"{where}: tensor {index} is outside of 0 to {len(tensors) - 1}")
    return tensors[index]


def _check_sparsity(where: str, sparsity: Table, tensor: TensorSpec, length: int) -> None:
    order, blocks = sparsity["traversal_order"] or (), sparsity["block_map"] or ()
    levels, rank = sparsity["dim_metadata"] or [], len(tensor.shape)
    if sorted(order) != list(range(len(levels))) or len(levels) != rank + len(blocks):
        raise FormatError(f"{where}: {len(levels)} dimensions in the order {list(order)}, {len(blocks)} of them blocks")
    if any(not 0 <= axis < rank for axis in blocks) or len(set(blocks)) != len(blocks):
        raise FormatError(f"{where}: blocks along {list(blocks)} of {rank} dimensions")
    sizes = _level_sizes(where, order, blocks, levels, tensor.shape)
    positions = 1
    for level, axis in zip(levels, order, strict=True):
        positions = _positions(where, level, sizes[axis], positions)
    bits = BITS.get(tensor.dtype)
    if bits is None or length != (positions * bits + 7) // 8:
        raise FormatError(f"{where}: {positions} values of type {tensor.dtype}, and the buffer has {length} bytes")


def _level_sizes(
    where: str, order: Sequence[int], blocks: Sequence[int], levels: list[Table], shape: Sequence[int]
) -> list[int]:
    """The size of each dimension: the tensor's own, counted in blocks, then the blocks' sizes."""
    rank = len(shape)
    sizes = list(shape)
    for number, axis in enumerate(blocks):
        level = levels[order.index(rank + number)]
        size = level["dense_size"]
        if level["format"] != _DENSE or size < 1 or shape[axis] % size:
            raise FormatError(f"{where}: blocks of {size} along axis {axis} of {list(shape)}")
        sizes[axis] //= size
        sizes.append(size)
    return sizes


def _positions(where: str, level: Table, size: int, before: int) -> int:
    """How many positions there are after one more dimension."""
    if level["format"] == _DENSE:
        if level["dense_size"] != size:
            raise FormatError(f"{where}: a dense dimension of {level['dense_size']} where {size} belong")
        return before * size
    segments, indices = _values(level["array_segments"]), _values(level["array_indices"])
    ascending = all(a <= b for a, b in pairwise(segments))
    if len(segments) != before + 1 or segments[0] != 0 or segments[-1] != len(indices) or not ascending:
        raise FormatError(f"{where}: {len(segments)} segments over {len(indices)} entries, for {before} positions")
    if any(not 0 <= index < size for index in indices):
        raise FormatError(f"{where}: an entry is outside of 0 to {size - 1}")
    return len(indices)


def _values(union: tuple[str, Table] | None) -> Sequence[int]:
    values = union[1]["values"] if union else None
    if values is None:
        return ()
    return tuple(values.data) if isinstance(values, Blob) else values
