"""Sizes that are computed at run time although they are known: SHAPE, STRIDED_SLICE, PACK and their like, folded.

Where a RESHAPE takes its target from such a chain, runtimes treat all that follows as unknown until it runs, and
their fast kernels stop there. The semantics are those of the operators (https://www.tensorflow.org/mlir/tfl_ops).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from edgewright.model import ModelFile, Operator, Subgraph, Table, TensorSpec
from edgewright.rewrite.protocol import LeftAlone, Rewritten

_CODES = {"int32": "i", "int64": "q"}

# The longest vector of sizes that is worth a constant; shapes have a handful of entries.
_LONGEST = 64

Known = dict[int, tuple[int, ...]]


class FoldShapes:
    """Replace computed sizes by constants, and drop the operators that computed them."""

    name = "fold-shapes"
    guarantee = "exact"

    def __call__(self, model: ModelFile) -> Rewritten:
        """Fold in the main subgraph; chains that start at a free dimension are left alone."""
        known, left_alone = _fold(model)
        if not known:
            return Rewritten(model, left_alone=tuple(left_alone))
        tables = model.edit()
        _make_constant(tables, model.main, known)
        dropped = _drop_makers(tables["subgraphs"][0], known)
        change = f"{dropped} operators that computed known sizes replaced by constants"
        return Rewritten(ModelFile.build(tables, model.files, model.name), (change,), tuple(left_alone))


def _fold(model: ModelFile) -> tuple[Known, list[LeftAlone]]:
    """The values of all tensors that a chain computes from known shapes, and the SHAPE operators that stay."""
    values = _constants(model)
    folded: Known = {}
    left_alone = []
    for operator in model.ops:
        rule = _RULES.get(operator.name)
        if rule is None or not _is_foldable(operator, model.main):
            continue
        result = rule(operator, model.main, values)
        if result is not None and _holds(model.main.tensors[operator.outputs[0]], result):
            values[operator.outputs[0]] = folded[operator.outputs[0]] = result
        elif operator.name == "SHAPE":
            left_alone.append(LeftAlone(f"operator {operator.index} (SHAPE)", "the shape is free"))
    return folded, left_alone


def _constants(model: ModelFile) -> Known:
    small = [tensor for tensor in model.main.tensors if _is_size(tensor) and len(model.constant(tensor))]
    return {
        tensor.index: struct.unpack(f"<{tensor.elements}{_CODES[tensor.dtype]}", model.constant(tensor))
        for tensor in small
    }


def _is_foldable(operator: Operator, subgraph: Subgraph) -> bool:
    if len(operator.outputs) != 1 or operator.outputs[0] in subgraph.outputs:
        return False
    return _is_size(subgraph.tensors[operator.outputs[0]])


def _is_size(tensor: TensorSpec) -> bool:
    return tensor.dtype in _CODES and tensor.elements <= _LONGEST and not tensor.is_variable and not tensor.quantized


def _holds(tensor: TensorSpec, values: tuple[int, ...]) -> bool:
    """Whether the tensor's type has these numbers: a cast may cut them off, and a product overflow."""
    limit = 1 << (8 * struct.calcsize(f"<{_CODES[tensor.dtype]}") - 1)
    return all(-limit <= value < limit for value in values)


def _make_constant(tables: Table, subgraph: Subgraph, known: Known) -> None:
    for index, values in known.items():
        tensor = tables["subgraphs"][0]["tensors"][index]
        tensor["buffer"] = len(tables["buffers"])
        tensor["shape_signature"] = None
        data = struct.pack(f"<{len(values)}{_CODES[subgraph.tensors[index].dtype]}", *values)
        tables["buffers"].append({"data": data})


def _drop_makers(subgraph: Table, known: Known) -> int:
    kept = [operator for operator in subgraph["operators"] if not set(operator["outputs"] or ()) & known.keys()]
    dropped = len(subgraph["operators"]) - len(kept)
    subgraph["operators"] = kept
    return dropped


def _shape(operator: Operator, subgraph: Subgraph, values: Known) -> tuple[int, ...] | None:
    tensor = subgraph.tensors[operator.inputs[0]]
    return None if -1 in tensor.shape_signature or not tensor.shape else tensor.shape


def _strided_slice(operator: Operator, subgraph: Subgraph, values: Known) -> tuple[int, ...] | None:
    """One dimension only: `begin`, `end` and `strides` are inputs 1 to 3, each a single number, the last not 0."""
    arguments = [values.get(index) for index in operator.inputs]
    if any(value is None for value in arguments) or len(subgraph.tensors[operator.inputs[0]].shape) != 1:
        return None
    source, *places = [value or () for value in arguments]
    options = operator.options
    odd = options.get("ellipsis_mask") or options.get("new_axis_mask") or options.get("offset")
    if odd or [len(place) for place in places] != [1, 1, 1] or places[2] == (0,):
        return None
    (begin,), (end,), (stride,) = places
    if options.get("shrink_axis_mask", 0) & 1:
        return source[begin : begin + 1 or None]
    start = None if options.get("begin_mask", 0) & 1 else begin
    stop = None if options.get("end_mask", 0) & 1 else end
    return source[start:stop:stride]


def _joined(operator: Operator, subgraph: Subgraph, values: Known) -> tuple[int, ...] | None:
    """PACK of scalars and CONCATENATION of vectors are the same to a list of numbers."""
    parts = [values.get(index) for index in operator.inputs]
    ranks = {len(subgraph.tensors[index].shape) for index in operator.inputs}
    if any(part is None for part in parts) or ranks != {0 if operator.name == "PACK" else 1}:
        return None
    return tuple(number for part in parts for number in part or ())


def _product(operator: Operator, subgraph: Subgraph, values: Known) -> tuple[int, ...] | None:
    source = values.get(operator.inputs[0])
    if source is None or len(subgraph.tensors[operator.inputs[0]].shape) != 1:
        return None
    return (math.prod(source),)


def _same(operator: Operator, subgraph: Subgraph, values: Known) -> tuple[int, ...] | None:
    return values.get(operator.inputs[0])


_RULES: dict[str, Callable[[Operator, Subgraph, Known], tuple[int, ...] | None]] = {
    "SHAPE": _shape,
    "STRIDED_SLICE": _strided_slice,
    "PACK": _joined,
    "CONCATENATION": _joined,
    "REDUCE_PROD": _product,
    "CAST": _same,
    "RESHAPE": _same,
    "SQUEEZE": _same,
    "EXPAND_DIMS": _same,
}
