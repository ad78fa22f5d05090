"""Names, shapes and types of what goes into an exported program and comes out of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgewright.convert.sources.ports import InputPort, OutputPort
from edgewright.convert.sources.tensorflow.exporting import distinct
from edgewright.errors import ConversionError

# LiteRT computes with 32 bits; the converter makes 32 of 64, and the program's own side is fed what it expects.
_DTYPES = {
    "float16": "float32", "bfloat16": "float32", "float32": "float32", "float64": "float32",
    "bool": "bool", "uint8": "uint8", "int8": "int8", "int16": "int16", "int32": "int32", "int64": "int32",
}  # fmt: skip


def input_ports(program: Any, name: str) -> tuple[InputPort, ...]:
    """The tensors that a program takes, by the names of its arguments, with `None` for sizes that it leaves free."""
    return tuple(
        InputPort(node.name, _shape(node.meta["val"]), _dtype(node.meta["val"], node.name, name), _below(node, program))
        for node in input_nodes(program)
    )


def output_ports(program: Any, name: str) -> tuple[OutputPort, ...]:
    """The tensors that a program returns, by their keys where it returns a dictionary, else numbered."""
    nodes = output_nodes(program)
    return tuple(
        OutputPort(key, _shape(node.meta["val"]), _dtype(node.meta["val"], key, name))
        for key, node in zip(_output_names(program), nodes, strict=True)
    )


def input_nodes(program: Any) -> list[Any]:
    """The placeholders of tensors that the caller gives, in the order of a call."""
    import torch

    taken = set(program.graph_signature.user_inputs)
    nodes = [node for node in program.graph.nodes if node.op == "placeholder" and node.name in taken]
    return [node for node in nodes if isinstance(node.meta.get("val"), torch.Tensor)]


def output_nodes(program: Any) -> list[Any]:
    """The nodes of tensors that the caller gets, in the order in which they are returned."""
    import torch
    from torch.export.graph_signature import OutputKind

    returned = next(node for node in program.graph.nodes if node.op == "output").args[0]
    kinds = [spec.kind for spec in program.graph_signature.output_specs]
    return [
        node
        for node, kind in zip(returned, kinds, strict=True)
        if kind is OutputKind.USER_OUTPUT and isinstance(node, torch.fx.Node)
    ]


def _output_names(program: Any) -> list[str]:
    from torch.export.graph_signature import OutputKind, TensorArgument
    from torch.utils import _pytree

    specs = [spec for spec in program.graph_signature.output_specs if spec.kind is OutputKind.USER_OUTPUT]
    tree = _pytree.tree_unflatten(list(range(len(specs))), program.call_spec.out_spec)
    paths = [path for path, _ in _pytree.tree_flatten_with_path(tree)[0]]
    names = [_written(path) for path, spec in zip(paths, specs, strict=True) if isinstance(spec.arg, TensorArgument)]
    return ["output"] if names in ([""], ["output_0"]) else list(distinct(names))


def _written(path: Any) -> str:
    """A path in words: "logits" of a key, "output_1" of a place, "boxes_0" of a place under a key."""
    keys = [str(getattr(step, "key", getattr(step, "idx", getattr(step, "name", "")))) for step in path]
    if not keys:
        return ""
    words = keys if not keys[0].isdigit() else ["output", *keys]
    return "_".join("".join(letter if letter.isalnum() else "_" for letter in word) for word in words)


def _shape(tensor: Any) -> tuple[int | None, ...]:
    return tuple(size if isinstance(size, int) else None for size in tensor.shape)


def _dtype(tensor: Any, port: str, name: str) -> str:
    dtype = str(tensor.dtype).removeprefix("torch.")
    if dtype not in _DTYPES:
        raise ConversionError(
            f"{port!r} has the type {dtype}, which LiteRT has no numbers for",
            where=name,
            remedy="Take and return real numbers or whole ones; complex ones as two of them",
        )
    return _DTYPES[dtype]


def _below(node: Any, program: Any) -> int | None:
    """How many rows the table has that an input of whole numbers chooses from."""
    sizes = [table.meta["val"].shape[0] for table in _tables(node)]
    return min(sizes, default=None)


def _tables(node: Any) -> Iterator[Any]:
    import torch

    aten = torch.ops.aten
    for user in node.users:
        if user.target is aten.embedding.default and user.args[1] is node:
            yield user.args[0]
        elif user.target in (aten._to_copy.default, aten.to.dtype, aten.view.default, aten.reshape.default):
            yield from _tables(user)
