"""What no run needs, dropped: operators whose results nobody reads, tensors, buffers, operator codes."""

from __future__ import annotations

from collections.abc import Iterator

from edgewright.model import ModelFile, Operator, Subgraph, Table
from edgewright.rewrite.protocol import LeftAlone, Rewritten
from edgewright.rewrite.tables import in_details, renumber_buffers, renumber_codes, renumber_tensors

# They do more than compute their results: change a state, run another subgraph, draw from a sequence.
_WITH_EFFECTS = frozenset(
    """ASSIGN_VARIABLE CALL CALL_ONCE DELEGATE HASHTABLE HASHTABLE_IMPORT IF MULTINOMIAL RANDOM_STANDARD_NORMAL
    RANDOM_UNIFORM STABLEHLO_CASE STABLEHLO_COMPOSITE STABLEHLO_CUSTOM_CALL STABLEHLO_RNG_BIT_GENERATOR STABLEHLO_WHILE
    VAR_HANDLE WHILE""".split()
)

# Entries of a file that speak of no single tensor. Others may: "OfflineMemoryAllocation" has one number per tensor.
_ABOUT_THE_FILE = frozenset(
    """CONVERSION_METADATA EDGEWRIGHT_DIGEST TFLITE_METADATA keep_stablehlo_constant min_runtime_version
    reduced_precision_support""".split()
)


class DropDead:
    """Drop operators, tensors, buffers and operator codes that nothing uses; inputs and outputs stay as they are."""

    name = "drop-dead"
    guarantee = "exact"

    def __call__(self, model: ModelFile) -> Rewritten:
        """Drop in every subgraph; operators that do more than compute, and whole subgraphs, are left alone."""
        tables = model.edit()
        left_alone = [*_unused_subgraphs(model), *_numbering(tables)]
        operators = tensors = 0
        if not any(_numbering(tables)):
            for number, subgraph in enumerate(model.graph.subgraphs):
                live = _Live(subgraph, tables["subgraphs"][number], _ends(model, number))
                operators += live.keep_operators()
                tensors += renumber_tensors(tables, number, live.tensors)
                left_alone += live.left_alone
        buffers = renumber_buffers(tables)
        gone = {
            "operator": operators,
            "tensor": tensors,
            "buffer": len(buffers) if any(buffers) else 0,  # Empty ones alone are not worth another file.
            "operator code": renumber_codes(tables),
        }
        if not any(gone.values()):
            return Rewritten(model, left_alone=tuple(left_alone))
        counted = ", ".join(f"{count} {what}{'s' * (count > 1)}" for what, count in gone.items() if count)
        change = f"{counted} dropped that nothing uses"
        return Rewritten(ModelFile.build(tables, model.files, model.name), (change,), tuple(left_alone))


class _Live:
    """What of a subgraph is needed for its outputs, found from its end to its start."""

    def __init__(self, subgraph: Subgraph, table: Table, ends: set[int]) -> None:
        self.tensors = {*subgraph.inputs, *subgraph.outputs, *ends}
        self.left_alone: list[LeftAlone] = []
        self._table = table
        self._kept: list[Table] = []
        for operator in reversed(subgraph.operators):
            self._judge(operator, table["operators"][operator.index], subgraph)
        for index in list(self.tensors - {-1}):
            self.tensors.update(in_details(table["tensors"][index]).values())

    def _judge(self, operator: Operator, table: Table, subgraph: Subgraph) -> None:
        read = not self.tensors.isdisjoint(operator.outputs)
        if not read and not _has_effects(operator, subgraph):
            return
        self._kept.insert(0, table)
        self.tensors.update(operator.inputs, operator.outputs, table["intermediates"] or ())
        if not read and operator.outputs:
            where = f"operator {operator.index} ({operator.name})"
            self.left_alone.append(LeftAlone(where, "nobody reads its results, but it may do more than compute them"))

    def keep_operators(self) -> int:
        """Take the others out of the subgraph's table; the return value is how many they are."""
        gone = len(self._table["operators"] or ()) - len(self._kept)
        self._table["operators"] = self._kept
        return gone


def _has_effects(operator: Operator, subgraph: Subgraph) -> bool:
    keeps_state = any(index >= 0 and subgraph.tensors[index].is_variable for index in operator.inputs)
    return keeps_state or operator.is_custom or operator.name in _WITH_EFFECTS or not operator.outputs


def _ends(model: ModelFile, number: int) -> set[int]:
    """The tensors that signatures name."""
    own = [signature for signature in model.signatures if signature.subgraph == number]
    return {index for signature in own for index in (*signature.inputs.values(), *signature.outputs.values())}


def _numbering(tables: Table) -> Iterator[LeftAlone]:
    for entry in tables["metadata"] or ():
        if entry["name"] not in _ABOUT_THE_FILE:
            yield LeftAlone(f"metadata {entry['name']!r}", "it may speak of tensors by their number, so they keep it")


def _unused_subgraphs(model: ModelFile) -> Iterator[LeftAlone]:
    """Subgraphs that no operator runs and no signature names."""
    used = {0, *(signature.subgraph for signature in model.signatures)}
    for subgraph in model.graph.subgraphs:
        for operator in subgraph.operators:
            used.update(_runs(operator))
    for number, subgraph in enumerate(model.graph.subgraphs):
        if number not in used:
            yield LeftAlone(f"subgraph {number} ({subgraph.name})", "nothing runs it, but whole subgraphs are kept")


def _runs(operator: Operator) -> Iterator[int]:
    for option, value in operator.options.items():
        if "subgraph" in option:
            yield from value if isinstance(value, tuple) else (value,)
