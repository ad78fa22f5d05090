"""What the operators do that shapes, indices and sizes are computed with, on single numbers and short rows of them.

Whatever has more dimensions than a rule here thinks of is left unknown.
"""

from __future__ import annotations

import math
import operator as python
from collections.abc import Callable, Mapping, Sequence

from edgewright.model.checking.folding.constants import Number, Value
from edgewright.model.graph import BITS, Operator, TensorSpec


def compute(operator: Operator, inputs: Sequence[Value], result: TensorSpec) -> Value | None:
    """What an operator makes of known inputs; `None` where no rule is for it."""
    rule = _RULES.get(operator.name)
    if rule is None or not inputs or operator.options.get("fused_activation_function", 0):
        return None
    try:
        found = rule(operator, inputs)
        if found is None or len(found[1]) != math.prod(found[0]):
            return None
        shape, numbers = found
        return Value(result.dtype, shape, tuple(_stored(number, result.dtype) for number in numbers))
    except (ArithmeticError, ValueError, IndexError, TypeError):  # what the operator is not defined for
        return None


def _stored(number: Number, dtype: str) -> Number:
    """As the type holds it: integers go round at their ends."""
    if dtype == "float32":
        return float(number)
    if dtype == "bool":
        return int(bool(number))
    bits = BITS[dtype]
    whole = int(number) % int(2**bits)
    return whole - int(2**bits) if not dtype.startswith("u") and whole >= 2 ** (bits - 1) else whole


_Found = tuple[tuple[int, ...], Sequence[Number]]
_Rule = Callable[[Operator, Sequence[Value]], _Found | None]


def _each(function: Callable[[Number], Number]) -> _Rule:
    return lambda _, inputs: (inputs[0].shape, [function(number) for number in inputs[0].numbers])


def _pairs(function: Callable[[Number, Number], Number]) -> _Rule:
    """Two rows of one shape, or a row and a single number."""

    def rule(_: Operator, inputs: Sequence[Value]) -> _Found | None:
        first, second = inputs
        if first.shape != second.shape and 1 not in (len(first.numbers), len(second.numbers)):
            return None
        wide = first if (len(first.numbers), len(first.shape)) > (len(second.numbers), len(second.shape)) else second
        count = len(wide.numbers)
        rows = [value.numbers * (count // len(value.numbers)) for value in (first, second)]
        return wide.shape, list(map(function, *rows))

    return rule


def _reduced(function: Callable[[Sequence[Number]], Number]) -> _Rule:
    """All numbers of a row to one."""

    def rule(operator: Operator, inputs: Sequence[Value]) -> _Found | None:
        row, axes = inputs
        if len(row.shape) != 1 or set(axes.numbers) - {0, -1}:
            return None
        return (1,) if operator.options.get("keep_dims") else (), [function(row.numbers)]

    return rule


def _reshape(operator: Operator, inputs: Sequence[Value]) -> _Found:
    numbers = inputs[0].numbers
    wanted = inputs[1].numbers if len(inputs) > 1 else operator.options.get("new_shape") or ()
    sizes = [int(size) for size in wanted]
    if -1 in sizes:
        rest = -math.prod(sizes)
        sizes[sizes.index(-1)] = len(numbers) // rest
    return tuple(sizes), numbers


def _squeeze(_: Operator, inputs: Sequence[Value]) -> _Found | None:
    return ((), inputs[0].numbers) if len(inputs[0].numbers) == 1 else None


def _expand(_: Operator, inputs: Sequence[Value]) -> _Found | None:
    return ((1,), inputs[0].numbers) if inputs[0].shape == () else None


def _joined(_: Operator, inputs: Sequence[Value]) -> _Found | None:
    if any(len(value.shape) != 1 for value in inputs):
        return None
    numbers = [number for value in inputs for number in value.numbers]
    return (len(numbers),), numbers


def _packed(_: Operator, inputs: Sequence[Value]) -> _Found | None:
    if any(value.shape for value in inputs):
        return None
    return (len(inputs),), [value.numbers[0] for value in inputs]


def _sliced(_: Operator, inputs: Sequence[Value]) -> _Found | None:
    row, begin, size = inputs
    if len(row.shape) != 1:
        return None
    start, count = int(begin.numbers[0]), int(size.numbers[0])
    part = row.numbers[start:] if count == -1 else row.numbers[start : start + count]
    return (len(part),), part


def _strided(operator: Operator, inputs: Sequence[Value]) -> _Found | None:
    row, begin, end, stride = inputs
    options = operator.options
    odd = any(options.get(name) for name in ("ellipsis_mask", "new_axis_mask", "offset"))
    if len(row.shape) != 1 or len(begin.numbers) != 1 or odd:
        return None
    start, stop = int(begin.numbers[0]), int(end.numbers[0])
    if options.get("shrink_axis_mask"):
        return (), [row.numbers[start]]
    begins, ends = options.get("begin_mask"), options.get("end_mask")
    part = row.numbers[None if begins else start : None if ends else stop : int(stride.numbers[0])]
    return (len(part),), part


def _gathered(operator: Operator, inputs: Sequence[Value]) -> _Found | None:
    row, places = inputs
    if len(row.shape) != 1 or operator.options.get("batch_dims") or min(places.numbers, default=0) < 0:
        return None
    return places.shape, [row.numbers[int(place)] for place in places.numbers]


def _filled(_: Operator, inputs: Sequence[Value]) -> _Found | None:
    shape, number = tuple(map(int, inputs[0].numbers)), inputs[1].numbers[0]
    count = math.prod(shape)
    return (shape, [number] * count) if 0 <= count <= 1024 else None


def _ranged(_: Operator, inputs: Sequence[Value]) -> _Found | None:
    start, limit, delta = (value.numbers[0] for value in inputs)
    count = max(math.ceil((limit - start) / delta), 0)
    return ((count,), [start + place * delta for place in range(count)]) if count <= 1024 else None


def _divided(first: Number, second: Number) -> Number:
    """Integers toward zero, as C has it."""
    if isinstance(first, float) or isinstance(second, float):
        return first / second
    return abs(first) // abs(second) * (1 if (first < 0) == (second < 0) else -1)


_RULES: Mapping[str, _Rule] = {
    "RESHAPE": _reshape,
    "SQUEEZE": _squeeze,
    "EXPAND_DIMS": lambda operator, inputs: _expand(operator, inputs[:1]),
    "CAST": _each(lambda number: number),
    "NEG": _each(lambda number: -number),
    "ABS": _each(abs),
    "SQUARE": _each(lambda number: number * number),
    "SIGN": _each(lambda number: (number > 0) - (number < 0)),
    "FLOOR": _each(math.floor),
    "CEIL": _each(math.ceil),
    "ZEROS_LIKE": _each(lambda _: 0),
    "ADD": _pairs(python.add),
    "SUB": _pairs(python.sub),
    "MUL": _pairs(python.mul),
    "DIV": _pairs(_divided),
    "FLOOR_DIV": _pairs(python.floordiv),
    "FLOOR_MOD": _pairs(python.mod),
    "MAXIMUM": _pairs(max),
    "MINIMUM": _pairs(min),
    "SUM": _reduced(sum),
    "REDUCE_PROD": _reduced(math.prod),
    "REDUCE_MAX": _reduced(max),
    "REDUCE_MIN": _reduced(min),
    "CONCATENATION": _joined,
    "PACK": _packed,
    "SLICE": _sliced,
    "STRIDED_SLICE": _strided,
    "GATHER": _gathered,
    "FILL": _filled,
    "RANGE": _ranged,
}
