"""Turns pictures of an exported program to channels-last, where they go in and where they come out."""

from __future__ import annotations

from typing import Any

from edgewright.convert.sources.layout import Layout
from edgewright.convert.sources.torch.ports import input_nodes, output_nodes

_LAST, _FIRST = [0, 2, 3, 1], [0, 3, 1, 2]


def turned(program: Any, layout: Layout) -> Any:
    """The same program with the inputs and outputs of a layout; it is changed in place."""
    if not layout.turns:
        return program
    for node, yes in zip(input_nodes(program), layout.inputs, strict=True):
        if yes:
            _turn_input(program.graph, node)
    for node, yes in zip(output_nodes(program), layout.outputs, strict=True):
        if yes:
            _turn_output(program, node)
    _turn_examples(program, layout)
    program.graph_module.recompile()
    return program


def trimmed(program: Any) -> Any:
    """The same program with tensors only as its inputs and outputs; it is changed in place."""
    _drop_constants(program)
    _drop_other_outputs(program)
    program.graph_module.recompile()
    return program


def _drop_constants(program: Any) -> None:
    """Leave out the inputs that are no tensors: exporting has made constants of them."""
    import torch
    from torch.export.graph_signature import InputKind, TensorArgument
    from torch.utils import _pytree

    specs = program.graph_signature.input_specs
    dropped = [s.arg.name for s in specs if s.kind is InputKind.USER_INPUT and not isinstance(s.arg, TensorArgument)]
    if not dropped:
        return
    for node in [node for node in program.graph.nodes if node.op == "placeholder" and node.name in dropped]:
        program.graph.erase_node(node)
    program.graph_signature.input_specs = [spec for spec in specs if spec.arg.name not in dropped]
    leaves = _pytree.tree_leaves(program.example_inputs)
    tensors = tuple(leaf for leaf in leaves if isinstance(leaf, torch.Tensor))
    signature = program.module_call_graph[0].signature
    signature.in_spec = _pytree.tree_structure((tensors, {}))
    signature.forward_arg_names = list(program.graph_signature.user_inputs)
    program.example_inputs = (tensors, {})


def _drop_other_outputs(program: Any) -> None:
    import torch
    from torch.export.graph_signature import OutputKind
    from torch.utils import _pytree

    output = next(node for node in program.graph.nodes if node.op == "output")
    specs = program.graph_signature.output_specs
    kept = [index for index, node in enumerate(output.args[0]) if isinstance(node, torch.fx.Node)]
    if len(kept) == len(specs):
        return
    output.args = (tuple(output.args[0][index] for index in kept),)
    program.graph_signature.output_specs = [specs[index] for index in kept]
    user = [spec for spec in program.graph_signature.output_specs if spec.kind is OutputKind.USER_OUTPUT]
    program.module_call_graph[0].signature.out_spec = _pytree.tree_structure(tuple(range(len(user))))


def _turn_input(graph: Any, node: Any) -> None:
    import torch

    own = node.meta["val"]
    node.meta["val"] = own.permute(_LAST).contiguous()
    node.meta.pop("tensor_meta", None)
    first = next(other for other in graph.nodes if other.op != "placeholder")
    with graph.inserting_before(first):
        back = graph.call_function(torch.ops.aten.permute.default, (node, _FIRST))
    back.meta["val"] = own
    node.replace_all_uses_with(back, delete_user_cb=lambda user: user is not back)


def _turn_output(program: Any, node: Any) -> None:
    import torch

    output = next(other for other in program.graph.nodes if other.op == "output")
    with program.graph.inserting_before(output):
        last = program.graph.call_function(torch.ops.aten.permute.default, (node, _LAST))
    last.meta["val"] = node.meta["val"].permute(_LAST)
    output.replace_input_with(node, last)
    program.graph_signature.replace_all_uses(node.name, last.name)


def _turn_examples(program: Any, layout: Layout) -> None:
    """The converter calls a program with the inputs that it was exported for."""
    import torch
    from torch.utils import _pytree

    leaves, tree = _pytree.tree_flatten(program.example_inputs)
    turns = iter(layout.inputs)
    program.example_inputs = _pytree.tree_unflatten(
        [
            leaf.permute(_LAST).contiguous() if isinstance(leaf, torch.Tensor) and next(turns) else leaf
            for leaf in leaves
        ],
        tree,
    )
