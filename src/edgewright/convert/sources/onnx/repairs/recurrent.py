"""Recurrent layers that go both ways, as one that goes forwards and one that goes backwards.

What the converter makes of two of them in a row is another computation than theirs.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from edgewright.convert.representative import Array
from edgewright.convert.sources.onnx.graphs.editing import Writer, attributes_of, constants_of
from edgewright.convert.sources.onnx.repairs.rewriting import rewrite

# onnx/defs/rnn: inputs by place, of which these have one part for each direction; the rest is shared.
_SHARED = (0, 4)
# The outputs: Y is (steps, directions, batch, hidden), Y_h and Y_c begin with the directions.
_DIRECTION_AXES = (1, 0, 0)


def repair(model: Any) -> tuple[str, ...]:
    """Write each LSTM, GRU and RNN of two directions as two of one, side by side."""
    one = partial(_split, constants=constants_of(model))
    done = rewrite(model, dict.fromkeys(("GRU", "LSTM", "RNN"), one))
    return tuple(f"{name} of two directions as two" for name in done)


def _split(node: Any, writer: Writer, *, constants: dict[str, Array]) -> bool:
    given = attributes_of(node)
    if given.get("direction") != "bidirectional" or given.get("layout") or "activation_alpha" in given:
        return False
    parts = []
    for number, direction in enumerate(("forward", "reverse")):
        inputs = [
            name if place in _SHARED or not name else _part(name, number, writer, constants)
            for place, name in enumerate(node.input)
        ]
        own = {**given, "direction": direction, **_activations(given, number)}
        parts.append(_single(node, inputs, own, writer))
    for place, name in enumerate(node.output):
        if name:
            writer.add("Concat", [part[place] for part in parts], name, axis=_DIRECTION_AXES[place])
    return True


def _activations(given: dict[str, Any], number: int) -> dict[str, Any]:
    named = [name.decode() if isinstance(name, bytes) else name for name in given.get("activations", ())]
    half = len(named) // 2
    return {"activations": named[number * half : (number + 1) * half]} if named else {}


def _part(name: str, number: int, writer: Writer, constants: dict[str, Array]) -> str:
    """One direction of a weight or a state."""
    if name in constants:
        values = constants[name][number : number + 1]
        return writer.constant(values, values.dtype, f"{name}_{number}")
    bounds = (writer.whole(number), writer.whole(number + 1), writer.whole(0))
    return writer.add("Slice", [name, *bounds])


def _single(node: Any, inputs: list[str], given: dict[str, Any], writer: Writer) -> list[str]:
    from onnx import helper

    outputs = [writer.name(f"{name}_part") if name else "" for name in node.output]
    writer.keep(helper.make_node(node.op_type, inputs, outputs, writer.name(node.name or node.op_type), **given))
    return outputs
