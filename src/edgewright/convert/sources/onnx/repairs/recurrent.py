"""Recurrent layers, step by step (onnx/defs/rnn).

The converter makes LiteRT's recurrent operators of them. These keep their state from one run to the next, and ONNX
begins each run anew: the first run is right, and all others are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from edgewright.convert.representative import Array
from edgewright.convert.sources.onnx.graphs.editing import Writer, attributes_of, constants_of, shapes_of
from edgewright.convert.sources.onnx.graphs.walking import needed_by
from edgewright.convert.sources.onnx.repairs.rewriting import rewrite

# Inputs by place; only an LSTM has the last two.
_X, _W, _R, _B, _LENGTHS, _H, _C, _PEEPHOLES = range(8)
_GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
# Beyond so many the file would be of steps.
_MOST_STEPS = 256
_DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
_UNUSUAL = ("activations", "activation_alpha", "clip", "input_forget", "layout")
# The outputs: Y is (steps, directions, batch, hidden), Y_h and Y_c begin with the directions.
_DIRECTION_AXES = (1, 0, 0)


def repair(model: Any) -> tuple[str, ...]:
    """Write LSTM, GRU and RNN of fixed weights and sizes in their steps."""
    used = {name for node in model.graph.node for name in needed_by(node)}
    used |= {value.name for value in model.graph.output}
    one = partial(_written_out, known=_Known(used, constants_of(model), shapes_of(model)))
    return tuple(f"{name} step by step" for name in rewrite(model, dict.fromkeys(_GATES, one)))


@dataclass(frozen=True)
class _Known:
    """What is known of a model's values: which anybody takes, which are fixed, and their shapes."""

    used: set[str]
    constants: dict[str, Array]
    shapes: dict[str, tuple[int, ...]]


def _written_out(node: Any, writer: Writer, *, known: _Known) -> bool:
    given, shape = attributes_of(node), known.shapes.get(node.input[_X])
    fixed = all(_input(node, place) in known.constants for place in (_W, _R))
    odd = any(given.get(name) for name in _UNUSUAL) or _input(node, _LENGTHS) or _input(node, _PEEPHOLES)
    backwards = _DIRECTIONS[str(given.get("direction", "forward"))]
    if shape is None or not fixed or odd or shape[0] * len(backwards) > _MOST_STEPS:
        return False
    directions = [_Direction(node, writer, known, place, back) for place, back in enumerate(backwards)]
    results = [direction.written() for direction in directions]
    for name, axis, parts in zip(node.output, _DIRECTION_AXES, zip(*results, strict=True), strict=False):
        if name in known.used and len(parts) > 1:
            writer.add("Concat", parts, name, axis=axis)
        elif name in known.used:
            writer.add("Identity", parts, name)
    return True


def _input(node: Any, place: int) -> str:
    return str(node.input[place]) if len(node.input) > place else ""


class _Direction:
    """One direction of a layer."""

    def __init__(self, node: Any, writer: Writer, known: _Known, place: int, backwards: bool) -> None:
        """`place` is that of the direction in the weights."""
        self._writer, self._node, self._place, self._backwards = writer, node, place, backwards
        self._steps, self._batch, _ = known.shapes[node.input[_X]]
        self._kind = str(node.op_type)
        self._resets_late = bool(attributes_of(node).get("linear_before_reset"))
        recurrent = known.constants[node.input[_R]][place]
        self._hidden = recurrent.shape[1]
        bias = known.constants.get(_input(node, _B))
        gates = _GATES[self._kind] * self._hidden
        outer, inner = np.zeros((2, gates)) if bias is None else bias[place].reshape(2, gates)
        apart = np.arange(gates) >= (2 * self._hidden if self._kind == "GRU" else gates)
        late = apart & self._resets_late
        self._inputs = writer.constant(known.constants[node.input[_W]][place].T)
        self._bias = writer.constant(outer + np.where(late, 0, inner))
        self._late_bias = writer.constant(inner[apart])
        self._recurrent = writer.constant(recurrent[~apart].T)
        self._candidate = writer.constant(recurrent[apart].T)

    def written(self) -> tuple[str, str, str]:
        """Write it; returns all steps (steps, 1, batch, hidden) and both last states (1, batch, hidden)."""
        add, whole = self._writer.add, self._writer.whole
        projected = add("Add", [add("MatMul", [self._node.input[_X], self._inputs]), self._bias])
        hidden = cell = self._first(_H)
        if self._kind == "LSTM":
            cell = self._first(_C)
        order, states = range(self._steps), []
        for step in reversed(order) if self._backwards else order:
            taken = add("Gather", [projected, self._writer.constant(step, np.int64)], axis=0)
            hidden, cell = self._step(taken, hidden, cell)
            states.append(hidden)
        rows = states[::-1] if self._backwards else states
        together = add("Concat", rows, axis=0) if len(rows) > 1 else rows[0]
        last = [add("Reshape", [state, whole(1, self._batch, self._hidden)]) for state in (hidden, cell)]
        return (add("Reshape", [together, whole(self._steps, 1, self._batch, self._hidden)]), last[0], last[1])

    def _first(self, place: int) -> str:
        name = _input(self._node, place)
        if not name:
            return self._writer.constant(np.zeros((self._batch, self._hidden)))
        return self._writer.add("Gather", [name, self._writer.constant(self._place, np.int64)], axis=0)

    def _step(self, taken: str, hidden: str, cell: str) -> tuple[str, str]:
        """The next states; `taken` is what the input says to the gates."""
        add = self._writer.add
        if self._kind == "GRU":
            return self._reset_step(taken, hidden), hidden
        gates = add("Add", [taken, add("MatMul", [hidden, self._recurrent])])
        if self._kind == "RNN":
            return add("Tanh", [gates]), cell
        inward, outward, kept = (add("Sigmoid", [self._gate(gates, place)]) for place in range(3))
        new = add("Tanh", [self._gate(gates, 3)])
        cell = add("Add", [add("Mul", [kept, cell]), add("Mul", [inward, new])])
        return add("Mul", [outward, add("Tanh", [cell])]), cell

    def _reset_step(self, taken: str, hidden: str) -> str:
        add, products = self._writer.add, self._writer.add("MatMul", [hidden, self._recurrent])
        update, reset = (
            add("Sigmoid", [add("Add", [self._gate(taken, place), self._gate(products, place)])]) for place in range(2)
        )
        if self._resets_late:
            inner = add("Add", [add("MatMul", [hidden, self._candidate]), self._late_bias])
            inner = add("Mul", [reset, inner])
        else:
            inner = add("MatMul", [add("Mul", [reset, hidden]), self._candidate])
        new = add("Tanh", [add("Add", [self._gate(taken, 2), inner])])
        # (1 - z) * new + z * hidden
        return add("Add", [new, add("Mul", [update, add("Sub", [hidden, new])])])

    def _gate(self, gates: str, place: int) -> str:
        bounds = (place * self._hidden, (place + 1) * self._hidden, 1)
        return self._writer.add("Slice", [gates, *(self._writer.whole(bound) for bound in bounds)])
