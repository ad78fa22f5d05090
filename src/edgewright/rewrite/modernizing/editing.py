"""The tables of a model while operators change from uint8 to int8: results, and what goes between both worlds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from edgewright.model import ModelFile, Operator, Table, TensorSpec
from edgewright.rewrite.modernizing.added import Added
from edgewright.rewrite.modernizing.averages import averaging
from edgewright.rewrite.modernizing.constants import Constants, append, shifted
from edgewright.rewrite.modernizing.rules import RULES, averages_evenly, is_legacy
from edgewright.rewrite.modernizing.weights import SignedWeights
from edgewright.rewrite.tables import operator_code, renumber_buffers, renumber_codes


class Editing:
    """Rewrites the given operators of the main subgraph; `tables` are the result, `weights` what became of weights.

    A result that only rewritten operators touch changes its type in place. One that others touch too, or the caller,
    has two forms, the second one under a new index, and is converted between them by way of float32: that is exact, and
    5 to 7 times as fast as one QUANTIZE from uint8 to int8, for which no runtime has a fast kernel.
    """

    def __init__(self, model: ModelFile, rewritten: Collection[int], *, edges_stay: bool) -> None:
        self.tables = model.edit()
        self._model = model
        self._rewritten = rewritten
        self._edges = {*model.main.inputs, *model.main.outputs}
        self._graph = self.tables["subgraphs"][0]
        self._elsewhere = _touched(one for one in model.ops if one.index not in rewritten)
        self._constants = Constants(model, self.tables, self._elsewhere | self._edges)
        self._added = Added(self.tables)
        self._signed: dict[int, int] = {}
        self._unsigned: dict[int, int] = {}
        for index in sorted(_touched(model.ops[index] for index in rewritten)):
            self._place(model.main.tensors[index], edges_stay)
        self._graph["operators"] = list(self._operators())
        renumber_buffers(self.tables)
        renumber_codes(self.tables)

    @property
    def weights(self) -> dict[int, SignedWeights]:
        """The new weights by operator."""
        return self._constants.weights

    def _place(self, spec: TensorSpec, edges_stay: bool) -> None:
        """Give a result, or an input of the model, its form or forms."""
        if not is_legacy(spec) or self._model.constant(spec):
            return
        tensors, index = self._graph["tensors"], spec.index
        unsigned = tensors[index]
        signed = {**unsigned, **shifted(unsigned, spec)}
        if edges_stay if index in self._edges else index in self._elsewhere:
            self._unsigned[index], self._signed[index] = index, append(tensors, signed, f"{spec.name}_int8")
            return
        tensors[index] = signed
        self._signed[index] = index
        if index in self._elsewhere:
            self._unsigned[index] = append(tensors, unsigned, f"{spec.name}_uint8")

    def _operators(self) -> Iterator[Table]:
        """All operators in their order, with what is needed between them."""
        for index in self._model.main.inputs:
            given = self._signed if self._signed.get(index) == index else self._unsigned
            yield from self._conversion(index, given)
        for operator, table in zip(self._model.ops, self._graph["operators"], strict=True):
            forms, made = self._unsigned, [table]
            if operator.index in self._rewritten:
                forms, made = self._signed, list(self._modernized(operator, table))
            for one in made:
                yield one | {"inputs": _in(forms, one["inputs"]), "outputs": _in(forms, one["outputs"])}
            for index in operator.outputs:
                yield from self._conversion(index, forms)

    def _modernized(self, operator: Operator, table: Table) -> Iterator[Table]:
        """What computes in int8 what an operator does."""
        if averages_evenly(operator):
            yield from averaging(self._added, operator, self._model.main.tensors[operator.inputs[0]])
            return
        version = max(operator.version, RULES[operator.name].version)
        code = operator_code(self.tables, operator.name, version)
        yield table | {"opcode_index": code, "inputs": self._constants.inputs(operator)}

    def _conversion(self, index: int, made: dict[int, int]) -> Iterator[Table]:
        """From the form in which a tensor is made to its other one, where there are two."""
        wanted = self._unsigned if made is self._signed else self._signed
        if index in made and index in wanted:
            real = self._added.real(made[index])
            version = 2 if made is self._signed else 1
            yield self._added.operator("DEQUANTIZE", version, (made[index],), real)
            yield self._added.operator("QUANTIZE", 1, (real,), wanted[index])


def _touched(operators: Iterable[Operator]) -> set[int]:
    return {index for one in operators for index in (*one.inputs, *one.outputs) if index >= 0}


def _in(forms: dict[int, int], indices: Sequence[int]) -> tuple[int, ...]:
    return tuple(forms.get(index, index) for index in indices)
