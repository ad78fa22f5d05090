"""Puts equal forms in the place of operators of an exported program; each is traced where the operator stood."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.export.graph_signature import InputKind, InputSpec, TensorArgument

from edgewright.convert.sources.torch.places import layer_of, operator_name

Node = Any
Tensor = Any

# Twice, for operators that write to their input are others after the first time.
_ROUNDS = 2
# PyTorch takes an empty table of decompositions for its own, so this one has an operator that does not exist.
_AS_IT_IS = {torch._ops.OperatorBase(): lambda: None}


def always(_: Node) -> bool:
    """For operators that never convert."""
    return True


def no_constants(_: Node) -> tuple[Tensor, ...]:
    """For forms without constants."""
    return ()


@dataclass(frozen=True)
class Repair:
    """An equal form of an operator, and of which nodes it has to take the place.

    `form` is called with every argument of the operator's schema in its order, and then with the tensors that
    `constants` makes of the node; `values_form` in place of it where only the first of several outputs is taken.
    `words` say what it does, after "aten.sort of layer 'head': ".
    """

    form: Callable[..., Any]
    words: str
    needed: Callable[[Node], bool] = always
    constants: Callable[[Node], tuple[Tensor, ...]] = no_constants
    values_form: Callable[..., Any] | None = None


def rewritten(program: Any, repairs: Mapping[str, Repair]) -> tuple[Any, tuple[str, ...]]:
    """The program with equal forms where they are needed, and a line for each; `repairs` by the operator's name."""
    said: list[str] = []
    for _ in range(_ROUNDS):
        found = list(_needed(program, repairs))
        if not found and not _writes(program):
            break
        for node, repair in found:
            said.append(f"{_place(node)}: {repair.words}")
            _replace(program, node, repair)
        program.graph_module.recompile()
        program = program.run_decompositions(_AS_IT_IS)
    return program, tuple(dict.fromkeys(said))


def arguments(node: Node) -> dict[str, Any]:
    """The arguments of a call of an operator by the names of its schema, defaults too."""
    return _completed(node.target, node.args, node.kwargs)


def value(node: Node) -> Any:
    """The tensor, or the tuple of them, that a node makes: its shape and type, without numbers."""
    return node.meta["val"]


def used(node: Node, place: int) -> bool:
    """Whether anything takes this one of an operator's outputs."""
    return any(user.args[1] == place and user.users for user in node.users)


def each(sizes: int | Sequence[int], rank: int) -> list[int]:
    """A size for each of so many axes, where one may stand for all."""
    given = [sizes] if isinstance(sizes, int) else list(sizes)
    return given * rank if len(given) == 1 else given


def _place(node: Node) -> str:
    """The operator of a node with the path of its module: "aten.sort of layer 'head'"."""
    layer = layer_of(node)
    return f"{operator_name(node.target)} of layer {layer!r}" if layer else operator_name(node.target)


def _needed(program: Any, repairs: Mapping[str, Repair]) -> Iterator[tuple[Node, Repair]]:
    for node in program.graph.nodes:
        repair = repairs.get(str(node.target)) if node.op == "call_function" else None
        if repair and repair.needed(node):
            yield node, repair


def _writes(program: Any) -> bool:
    """Whether an operator writes to its input, so that it stands for another that does not."""
    operators = (node.target for node in program.graph.nodes if node.op == "call_function")
    return any(isinstance(each, torch._ops.OpOverload) and each._schema.is_mutable for each in operators)


def _replace(program: Any, node: Node, repair: Repair) -> None:
    values = tuple(arguments(node).values())
    node.args = (*values, *(_constant(program, tensor) for tensor in repair.constants(node)))
    node.kwargs = {}
    node.target = repair.form if repair.values_form is None or used(node, 1) else repair.values_form


def _completed(operator: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    specs = operator._schema.arguments
    given = dict(zip((spec.name for spec in specs), args, strict=False)) | dict(kwargs)
    return {spec.name: given.get(spec.name, spec.default_value) for spec in specs}


def _constant(program: Any, tensor: Tensor) -> Node:
    """A new constant of the program."""
    specs = program.graph_signature.input_specs
    place = next(index for index, spec in enumerate(specs) if spec.kind is InputKind.USER_INPUT)
    holders = [node for node in program.graph.nodes if node.op == "placeholder"]
    name = f"equal_form_{len(specs)}"
    with program.graph.inserting_before(holders[place]):
        node = program.graph.placeholder(name)
    node.meta["val"] = _without_numbers(holders, tensor)
    specs.insert(place, InputSpec(InputKind.CONSTANT_TENSOR, TensorArgument(node.name), name))
    program.constants[name] = tensor
    return node


def _without_numbers(holders: Sequence[Node], tensor: Tensor) -> Tensor:
    mode = next(own.fake_mode for node in holders if hasattr(own := node.meta.get("val"), "fake_mode"))
    return mode.from_tensor(tensor, static_shapes=True)
