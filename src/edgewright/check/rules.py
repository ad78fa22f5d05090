"""The rules of op sets: each looks at one operator and says in words what of its pattern a target does not take.

A rule is a function of a node and the value beside the rule's name in the file; an empty answer means that it fits.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from edgewright.model import Node, TensorSpec

Rule = Callable[[Node, Any], str]

# ActivationFunctionType of the TensorFlow Lite schema.
ACTIVATIONS = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT")


def tensors(node: Node) -> list[TensorSpec]:
    """The inputs and outputs that are computed when the model runs."""
    return [tensor for tensor in (*_inputs(node), *_outputs(node)) if not node.is_constant(tensor)]


def _inputs(node: Node) -> list[TensorSpec]:
    places = (node.input(place) for place in range(len(node.operator.inputs)))
    return [tensor for tensor in places if tensor is not None]


def _outputs(node: Node) -> list[TensorSpec]:
    places = (node.output(place) for place in range(len(node.operator.outputs)))
    return [tensor for tensor in places if tensor is not None]


def _types(node: Node, taken: Sequence[str]) -> str:
    """Types of what is computed; constants are the business of other rules."""
    others = dict.fromkeys(tensor.dtype for tensor in tensors(node) if tensor.dtype not in taken)
    return f"takes {_listed(taken)}, not {_listed(others)}" if others else ""


def _static(node: Node, wanted: bool) -> str:
    """Free sizes; a free batch is taken for 1, as it stands in the file."""
    free = any(-1 in tensor.shape_signature[1:] for tensor in (*_inputs(node), *_outputs(node)))
    return "its size is free; only fixed sizes are taken" if free else ""


def _large_axes(node: Node, most: int) -> str:
    """Only the innermost axes may be larger than 1."""
    return next(filter(None, (_outer_axis(tensor, most) for tensor in tensors(node))), "")


def _large_axes_out(node: Node, most: int) -> str:
    return next(filter(None, (_outer_axis(tensor, most) for tensor in _outputs(node))), "")


def _large_axes_parameter(node: Node, most: int) -> str:
    parameter = node.input(1)
    return _outer_axis(parameter, most) if parameter else ""


def _outer_axis(tensor: TensorSpec, most: int) -> str:
    if all(size == 1 for size in tensor.shape[: max(len(tensor.shape) - most, 0)]):
        return ""
    axes = "axis" if most == 1 else f"{most} axes"
    return f"{shown(tensor.shape)}: only the innermost {axes} may be larger than 1"


def _largest_rank(node: Node, most: int) -> str:
    rank = max((len(tensor.shape) for tensor in tensors(node)), default=0)
    return f"{rank} dimensions; at most {most} are taken" if rank > most else ""


def _ranks(node: Node, taken: Sequence[int]) -> str:
    first = node.input(0)
    if first is None or len(first.shape) in taken:
        return ""
    return f"{len(first.shape)} dimensions; {_listed(taken)} are taken"


def _parameter_ranks(node: Node, wanted: Mapping[str, int]) -> str:
    for place, rank in wanted.items():
        tensor = node.input(int(place))
        if tensor is not None and len(tensor.shape) != rank:
            return f"input {place} has {len(tensor.shape)} dimensions; {rank} is taken"
    return ""


def _padded_ranks(node: Node, taken: Sequence[int]) -> str:
    padding = node.input(1)
    if padding is None or (len(padding.shape) == 2 and padding.shape[0] in taken):
        return ""
    return f"pads {padding.shape[0] if padding.shape else 0} dimensions; {_listed(taken)} are taken"


def _activations(node: Node, taken: Sequence[str]) -> str:
    number = node.option("fused_activation_function")
    name = ACTIVATIONS[number] if 0 <= number < len(ACTIVATIONS) else str(number)
    if name in taken:
        return ""
    return f"fused activation {name}" + ("; none is taken" if list(taken) == ["NONE"] else f"; not {_listed(taken)}")


def _constant(node: Node, places: Sequence[int]) -> str:
    given = [(place, node.input(place)) for place in places]
    computed = [place for place, tensor in given if tensor is not None and not node.is_constant(tensor)]
    return f"input {computed[0]} is computed; a constant is taken" if computed else ""


def _inputs_number(node: Node, taken: Sequence[int]) -> str:
    count = len(_inputs(node))
    return "" if count in taken else f"{count} inputs; {_listed(taken)} are taken"


def _runtime_inputs(node: Node, taken: Sequence[int]) -> str:
    count = sum(not node.is_constant(tensor) for tensor in _inputs(node))
    return "" if count in taken else f"{count} computed inputs; {_listed(taken)} taken"


def _largest_version(node: Node, most: int) -> str:
    version = node.operator.version
    return f"version {version}; {most} is the newest that is known" if version > most else ""


def _options(node: Node, wanted: Mapping[str, Sequence[float]]) -> str:
    for name, taken in wanted.items():
        value = node.operator.options.get(name, taken[0])
        if value not in taken:
            return f"{name} {value:g}; {_listed(taken)} is taken"
    return ""


def _least_options(node: Node, wanted: Mapping[str, int]) -> str:
    small = [name for name, least in wanted.items() if node.option(name) < least]
    return f"{small[0]} {node.option(small[0])}; at least {wanted[small[0]]} is taken" if small else ""


def _equal_options(node: Node, names: Sequence[str]) -> str:
    values = [max(node.option(name), 1) for name in names]
    return "" if len(set(values)) == 1 else f"{' and '.join(names)} differ: {' and '.join(map(str, values))}"


def _keeps_batch(node: Node, work: str) -> str:
    """The batch is the first axis; it must be none of those that the operator works along."""
    axes = _AXES[work](node)
    return f"the batch is {work}" if 0 in axes else ""


def _reduced_axes(node: Node) -> set[int]:
    source, axes = node.input(0), node.integers(1) or ()
    return {axis % len(source.shape) for axis in axes if source is not None and source.shape}


def _packed_axis(node: Node) -> set[int]:
    result = node.output(0)
    return {node.option("axis") % len(result.shape)} if result is not None and result.shape else set()


def _padded_axes(node: Node) -> set[int]:
    values = node.integers(1) or ()
    return {position // 2 for position, value in enumerate(values) if value}


def _split_axis(node: Node) -> set[int]:
    source, axes = node.input(1), node.integers(0) or ()
    return {axis % len(source.shape) for axis in axes if source is not None and source.shape}


_AXES = {"reduced": _reduced_axes, "packed": _packed_axis, "padded": _padded_axes, "split": _split_axis}


def _channels_multiple(node: Node, factor: int) -> str:
    """A reduction of the innermost axis wants its size to be a multiple."""
    source = node.input(0)
    if source is None or not source.shape or len(source.shape) - 1 not in _reduced_axes(node):
        return ""
    size = source.shape[-1]
    return f"reduces {size} channels; only multiples of {factor} are taken" if size % factor else ""


def _most_elements(node: Node, most: int) -> str:
    largest = max((tensor.elements for tensor in _outputs(node)), default=0)
    return f"{largest:,} elements; at most {most:,} are taken" if largest > most else ""


def _interpolation(node: Node, limits: Mapping[str, int]) -> str:
    """Resizing by too much or to too large a picture loses precision."""
    source, result = node.input_shape(0), node.output_shape(0)
    if source is None or result is None or len(source) != 4 or len(result) != 4:
        return "" if source is None or len(source) == 4 else "no picture"
    factor = max(after / max(before, 1) for before, after in zip(source[1:3], result[1:3], strict=True))
    if factor > limits["factor"]:
        return (
            f"enlarges {factor:.3g} times ({source[1]}×{source[2]} to {result[1]}×{result[2]}), which loses precision"
        )
    if max(result[1:3]) > limits["size"]:
        return f"resizes to {result[1]}×{result[2]}, which loses precision"
    return ""


def _unit_strides(node: Node, wanted: bool) -> str:
    strides = node.integers(3) or ()
    return f"strides {list(strides)}; only 1 is taken" if any(stride != 1 for stride in strides) else ""


def _zero_padding_only(node: Node, wanted: bool) -> str:
    """A constant among the inputs is taken where it is one of two and holds nothing but real zeros."""
    inputs = _inputs(node)
    constants = [tensor for tensor in inputs if node.is_constant(tensor)]
    if not constants or (len(inputs) == 2 and all(_is_zero(node, tensor) for tensor in constants)):
        return ""
    return "joins a constant; only one of zeros, beside one other input, is taken"


def _is_zero(node: Node, tensor: TensorSpec) -> bool:
    data = bytes(node.buffers[tensor.buffer])
    zero = tensor.zero_point[0] if tensor.zero_point else 0
    return tensor.dtype in ("int8", "uint8") and data == struct.pack("<i", zero)[:1] * len(data)


def _one_sided_broadcast(node: Node, wanted: bool) -> str:
    """One of the two inputs must be at least as large as the other along every axis."""
    first, second = node.input(0), node.input(1)
    if first is None or second is None or len(first.shape) != len(second.shape):
        return ""
    pairs = list(zip(first.shape, second.shape, strict=True))
    if any(a < b for a, b in pairs) and any(a > b for a, b in pairs):
        return f"stretches both {shown(first.shape)} and {shown(second.shape)}; only one may be"
    return ""


def _depth_multiplier_of_one_channel(node: Node, wanted: bool) -> str:
    source = node.input(0)
    multiplier = node.option("depth_multiplier")
    if multiplier == 1 or source is None or source.shape[-1:] == (1,):
        return ""
    return f"depth multiplier {multiplier} on {source.shape[-1] if source.shape else 0} channels; only 1 is taken"


def _casts(node: Node, taken: Sequence[str]) -> str:
    source, result = node.input(0), node.output(0)
    if source is None or result is None or f"{source.dtype} {result.dtype}" in taken:
        return ""
    return f"casts {source.dtype} to {result.dtype}"


def shown(shape: Iterable[int]) -> str:
    """Write a shape for people: 1×224×224×3, or "scalar"."""
    return "×".join(map(str, shape)) or "scalar"


def _listed(things: Iterable[object]) -> str:
    words = [f"{thing:g}" if isinstance(thing, float) else str(thing) for thing in things]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


RULES: Mapping[str, Rule] = {
    "activations": _activations,
    "casts": _casts,
    "channels_multiple": _channels_multiple,
    "constant": _constant,
    "depth_multiplier_of_one_channel": _depth_multiplier_of_one_channel,
    "equal_options": _equal_options,
    "inputs": _inputs_number,
    "interpolation": _interpolation,
    "keeps_batch": _keeps_batch,
    "large_axes": _large_axes,
    "large_axes_out": _large_axes_out,
    "large_axes_parameter": _large_axes_parameter,
    "largest_rank": _largest_rank,
    "largest_version": _largest_version,
    "least_options": _least_options,
    "most_elements": _most_elements,
    "one_sided_broadcast": _one_sided_broadcast,
    "options": _options,
    "padded_ranks": _padded_ranks,
    "parameter_ranks": _parameter_ranks,
    "ranks": _ranks,
    "runtime_inputs": _runtime_inputs,
    "static": _static,
    "types": _types,
    "unit_strides": _unit_strides,
    "zero_padding_only": _zero_padding_only,
}
