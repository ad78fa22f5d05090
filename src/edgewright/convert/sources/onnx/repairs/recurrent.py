"""States of recurrent layers that come out: the converter reads them where LiteRT keeps them from one run to the next.

The last state of a layer is the last step of its output. The cell of an LSTM is in no output, so where that comes out
its steps are written one by one (onnx/defs/rnn, LSTM: gates in the order i, o, f, c).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from edgewright.convert.representative import Array
from edgewright.convert.sources.onnx.graphs.editing import Writer, attributes_of, constants_of, shapes_of
from edgewright.convert.sources.onnx.graphs.walking import needed_by
from edgewright.convert.sources.onnx.repairs.rewriting import rewrite

# Inputs by place; of LSTM the last two.
_X, _W, _R, _B, _LENGTHS, _H, _C, _PEEPHOLES = range(8)
_MOST_STEPS = 128
_DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
_UNUSUAL = ("activations", "activation_alpha", "clip", "input_forget", "layout")


def repair(model: Any) -> tuple[str, ...]:
    """Write layers anew whose states come out."""
    used = {name for node in model.graph.node for name in needed_by(node)} | {v.name for v in model.graph.output}
    known = _Known(used, constants_of(model), shapes_of(model))
    last = partial(_last_step, known=known)
    done = rewrite(model, {"LSTM": partial(_lstm, known=known), "GRU": last, "RNN": last})
    return tuple(f"states of {name} taken from its steps" for name in done)


@dataclass(frozen=True)
class _Known:
    """What is known of a model's values: which anybody takes, which are fixed, and their shapes."""

    used: set[str]
    constants: dict[str, Array]
    shapes: dict[str, tuple[int, ...]]


def _lstm(node: Any, writer: Writer, *, known: _Known) -> bool:
    if len(node.output) > 2 and node.output[2] in known.used:
        return _written_out(node, writer, known)
    return _last_step(node, writer, known=known)


def _last_step(node: Any, writer: Writer, *, known: _Known) -> bool:
    """Take the last state, which comes out, from the last step of each direction."""
    given, shape = attributes_of(node), known.shapes.get(node.input[_X])
    wanted = len(node.output) > 1 and node.output[1] in known.used
    if not wanted or shape is None or given.get("layout") or _input(node, _LENGTHS):
        return False
    steps, state = node.output[0] or writer.name("steps"), node.output[1]
    kept = type(node).FromString(node.SerializeToString())
    del kept.output[:]
    kept.output.append(steps)
    writer.keep(kept)
    backwards = _DIRECTIONS[str(given.get("direction", "forward"))]
    places = [writer.constant(0 if back else shape[0] - 1, np.int64) for back in backwards]
    ends = [writer.add("Gather", [steps, place], axis=0) for place in places]
    if len(ends) == 1:
        writer.add("Identity", ends, state)
        return True
    parts = [writer.add("Gather", [end, writer.whole(place)], axis=0) for place, end in enumerate(ends)]
    writer.add("Concat", parts, state, axis=0)
    return True


def _input(node: Any, place: int) -> str:
    return str(node.input[place]) if len(node.input) > place else ""


def _written_out(node: Any, writer: Writer, known: _Known) -> bool:
    given, shape = attributes_of(node), known.shapes.get(node.input[_X])
    weights = [known.constants.get(_input(node, place)) for place in (_W, _R)]
    fixed = all(weight is not None for weight in weights)
    odd = any(given.get(name) for name in _UNUSUAL) or _input(node, _LENGTHS) or _input(node, _PEEPHOLES)
    backwards = _DIRECTIONS[str(given.get("direction", "forward"))]
    if shape is None or not fixed or odd or shape[0] * len(backwards) > _MOST_STEPS:
        return False
    directions = [_Direction(node, writer, known, place, back) for place, back in enumerate(backwards)]
    results = [direction.written() for direction in directions]
    for name, axis, parts in zip(node.output, (1, 0, 0), zip(*results, strict=True), strict=False):
        if name in known.used and len(parts) > 1:
            writer.add("Concat", parts, name, axis=axis)
        elif name in known.used:
            writer.add("Identity", parts, name)
    return True


class _Direction:
    """One direction of an LSTM, step by step."""

    def __init__(self, node: Any, writer: Writer, known: _Known, place: int, backwards: bool) -> None:
        """`place` is that of the direction in the weights."""
        self._writer, self._node, self._place, self._backwards = writer, node, place, backwards
        self._steps, self._batch, _ = known.shapes[node.input[_X]]
        weights = known.constants[node.input[_R]][place]
        self._hidden = weights.shape[1]
        self._recurrent = writer.constant(weights.T)
        self._inputs = writer.constant(known.constants[node.input[_W]][place].T)
        bias = known.constants.get(_input(node, _B))
        both = np.zeros((2, 4 * self._hidden)) if bias is None else bias[place].reshape(2, -1)
        self._bias = writer.constant(both.sum(axis=0))

    def written(self) -> tuple[str, str, str]:
        """Write it; returns all steps (steps, 1, batch, hidden) and both last states (1, batch, hidden)."""
        add, whole = self._writer.add, self._writer.whole
        projected = add("Add", [add("MatMul", [self._node.input[_X], self._inputs]), self._bias])
        hidden, cell = self._first(_H), self._first(_C)
        order = range(self._steps)
        states = []
        for step in reversed(order) if self._backwards else order:
            taken = add("Gather", [projected, self._writer.constant(step, np.int64)], axis=0)
            gates = add("Add", [taken, add("MatMul", [hidden, self._recurrent])])
            inward, outward, kept, new = self._gates(gates)
            cell = add("Add", [add("Mul", [kept, cell]), add("Mul", [inward, new])])
            hidden = add("Mul", [outward, add("Tanh", [cell])])
            states.append(hidden)
        rows = states[::-1] if self._backwards else states
        together = add("Concat", rows, axis=0) if len(rows) > 1 else rows[0]
        shape = (self._batch, self._hidden)
        return (
            add("Reshape", [together, whole(self._steps, 1, *shape)]),
            add("Reshape", [hidden, whole(1, *shape)]),
            add("Reshape", [cell, whole(1, *shape)]),
        )

    def _first(self, place: int) -> str:
        name = _input(self._node, place)
        if not name:
            return self._writer.constant(np.zeros((self._batch, self._hidden)))
        return self._writer.add("Gather", [name, self._writer.constant(self._place, np.int64)], axis=0)

    def _gates(self, gates: str) -> Iterator[str]:
        for place, operator in enumerate(("Sigmoid", "Sigmoid", "Sigmoid", "Tanh")):
            bounds = (place * self._hidden, (place + 1) * self._hidden)
            named = (self._writer.whole(bound) for bound in (*bounds, 1))
            part = self._writer.add("Slice", [gates, *named])
            yield self._writer.add(operator, [part])
