"""The refusal of operators that stopped the converter of PyTorch, or that the runtime has no kernel for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from edgewright.convert.obstacles.advice import find_advice
from edgewright.convert.obstacles.forms import obstacle_of_form
from edgewright.convert.obstacles.unsupported import UnsupportedOperator, refusal
from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.failures import first_line
from edgewright.convert.sources.torch.places import Place, behind, place_of, places_named
from edgewright.errors import ConversionError, EngineError
from edgewright.model import ModelFile, Operator

# What converter and runtime say of their own: where in which source file of theirs, and what they tried.
_ADDED = re.compile(
    r"Failed to run converter passes: |^[^\n:]+:\d+:\d+: error: |\bwhile executing.*"
    r"|^Verification failed:\s*error: .*?\)\): ",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"Node number (?P<number>\d+) \(|the operator (?P<name>[A-Z_\d]+) ")
# A tracer of JAX, by which some operators are lowered, meets a value that only a run knows.
_UNKNOWN = re.compile(r"Abstract tracer|must be concrete|data-dependent|nonzero must be statically", re.IGNORECASE)
_DRAWS = "it draws random numbers, so that no two runs of the model agree"
_NO_FORM = "the converter has no form of it for LiteRT"
_VALUES = "its result's size, or the way through the program, depends on values that only a run knows"


def without_form(program: Any) -> list[UnsupportedOperator]:
    """The operators of a decomposed program that the converter knows nothing of."""
    from litert_torch.backend import lowerings

    found = [
        place_of(node)
        for node in program.graph.nodes
        if node.op == "call_function" and hasattr(node.target, "_schema") and lowerings.lookup(node.target) is None
    ]
    return [_unsupported(place, _NO_FORM) for place in found]


def decompositions(program: Any) -> Iterator[UnsupportedOperator]:
    """The decompositions and inverses of matrices in a program: the converter stops at the checks in them."""
    for node in program.graph.nodes:
        if node.op == "call_function":
            place = place_of(node)
            entry = find_advice(place.operator)
            if entry is not None and entry.key == "torch_decompositions":
                yield _unsupported(place, _NO_FORM)


def value_dependent(program: Any) -> Iterator[UnsupportedOperator]:
    """The operators of a program whose result's size, or number, nobody knows before a run."""
    for node in program.graph.nodes:
        if node.op == "call_function" and _is_open(node) and not any(map(_is_open, node.all_input_nodes)):
            yield _unsupported(place_of(node), _VALUES)


def require_no_state(program: Any, name: str) -> None:
    """Raise `ConversionError` where a program writes to its buffers, which a file has as constants."""
    written = sorted(set(program.graph_signature.buffers_to_mutate.values()))
    if written:
        raise ConversionError(
            f"it keeps a state between runs, in the buffer{'s' if len(written) > 1 else ''} {', '.join(written[:4])}",
            where=name,
            remedy="Give the state as an input and return the new one as an output; batch normalization keeps none "
            "after eval()",
        )


def _is_open(node: Any) -> bool:
    import torch
    from torch.utils import _pytree

    open_kinds = (torch.SymInt, torch.SymFloat, torch.SymBool)
    leaves = _pytree.tree_leaves(node.meta.get("val"))
    sizes = [size for leaf in leaves if isinstance(leaf, torch.Tensor) for size in leaf.shape]
    return any(isinstance(number, open_kinds) for number in (*leaves, *sizes))


def random_draws(program: Any) -> Iterator[UnsupportedOperator]:
    """The operators of a program that draw random numbers."""
    import torch

    for node in program.graph.nodes:
        if torch.Tag.nondeterministic_seeded in getattr(node.target, "tags", ()):
            place = place_of(node)
            yield _unsupported(place, _DRAWS)


def stopped(error: BaseException, places: list[Place], name: str, options: ConversionOptions) -> ConversionError:
    """The error for a converter that stopped; `places` are the operators of what it was given."""
    said = str(error)
    place = behind(places, said)
    reason = first_line(ConversionError(_ADDED.sub("", said)))
    if place is None:
        return ConversionError(f"the converter stopped: {reason}", where=name)
    if _UNKNOWN.search(said):
        return refusal(name, (_unsupported(place, _VALUES),), options)
    form = obstacle_of_form(place.operator, said)
    if form is not None:
        return refusal(
            name, (UnsupportedOperator(place.operator, place.layer, form[1], form[0], place.caller),), options
        )
    return refusal(name, (_unsupported(place, f"the converter stopped: {reason}"),), options)


def refused_by_runtime(
    model: ModelFile, error: EngineError, program: Any, name: str, options: ConversionOptions
) -> ConversionError:
    """Name the operator of the program that is behind a node of the file which the runtime refuses."""
    text = str(error)
    found = _REFUSED.search(text)
    node = _node(model, found) if found else None
    if node is None:
        said = f"converted, but LiteRT refuses the file: {first_line(ConversionError(text))}"
        return refusal(name, (UnsupportedOperator("an operator", "", said, "runtime"),), options)
    names = [model.main.tensors[index].name for index in node.outputs]
    places = places_named(program, names)
    place = next((place for place in places if _is_behind(place, node)), None) or next(iter(places), None)
    if place is None:
        return refusal(name, (UnsupportedOperator(node.name, "", "LiteRT has no such kernel", "runtime"),), options)
    reason = f"LiteRT has no kernel for what it converts to, {node.name}"
    return refusal(name, (UnsupportedOperator(place.operator, place.layer, reason, "runtime", place.caller),), options)


def _is_behind(place: Place, node: Operator) -> bool:
    """Whether an operator is known to be a problem, or called as the node is: "aten.sort" and STABLEHLO_SORT."""
    word = place.operator.split(".")[-1].strip("_")
    return find_advice(place.operator) is not None or word in node.name.lower()


def _node(model: ModelFile, found: re.Match[str]) -> Operator | None:
    if found["number"]:
        number = int(found["number"])
        return model.ops[number] if number < len(model.ops) else None
    return next((operator for operator in model.ops if operator.name == found["name"]), None)


def _unsupported(place: Place, reason: str) -> UnsupportedOperator:
    return UnsupportedOperator(place.operator, place.layer, reason, line=place.caller)
