"""What a module is called with: example inputs as people give them, with tensors in place of arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewright.convert.options import ConversionOptions
from edgewright.errors import UsageError
from edgewright.spelling import argument, either

# What may go in where only the shape is known, the likeliest first.
_DTYPES = ("float32", "int64", "float16", "bfloat16", "float64")


@dataclass(frozen=True)
class Arguments:
    """Positional and named arguments of a call, as `torch.export` takes them."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    @property
    def leaves(self) -> list[Any]:
        """What is inside of lists, tuples and dictionaries, in the order of a call."""
        from torch.utils import _pytree

        return list(_pytree.tree_leaves((self.args, self.kwargs)))

    @property
    def tensors(self) -> list[Any]:
        """The tensors among the leaves."""
        import torch

        return [leaf for leaf in self.leaves if isinstance(leaf, torch.Tensor)]

    def with_tensors(self, tensors: Sequence[Any]) -> Arguments:
        """The same call with other tensors, in the order of `leaves`; all that is no tensor stays."""
        import torch
        from torch.utils import _pytree

        waiting = iter(tensors)
        filled = [next(waiting) if isinstance(leaf, torch.Tensor) else leaf for leaf in self.leaves]
        args, kwargs = _pytree.tree_unflatten(filled, _pytree.tree_structure((self.args, self.kwargs)))
        return Arguments(args, kwargs)


def calls_of(options: ConversionOptions, name: str, known: tuple[Any, ...] = ()) -> list[Arguments]:
    """The calls that the options describe, the likeliest first: example inputs, or made-up ones of the given shapes.

    A tuple is several arguments, a dictionary named ones, all else is the only one. Shapes say nothing of the type, so
    there is a call for each. `known` are inputs that the source brings itself.
    Raises `UsageError` where there is none of them.
    """
    if options.example_inputs is not None:
        return [_given(options.example_inputs)]
    if options.input_shape:
        return [_made_up(options.input_shape, dtype) for dtype in _DTYPES]
    if known:
        return [_given(known)]
    example, shape = argument("example_inputs"), argument("input_shape", (1, 3, 224, 224))
    told = either(python=f"Give {example}, what you call it with, or {shape}", command=f"Give {shape}")
    raise UsageError(f"{name}: it does not say what it takes. {told}")


def _given(inputs: Any) -> Arguments:
    from torch.utils import _pytree

    if isinstance(inputs, Mapping):
        return Arguments((), {str(key): _pytree.tree_map(_tensor, value) for key, value in inputs.items()})
    several = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    return Arguments(tuple(_pytree.tree_map(_tensor, value) for value in several), {})


def _tensor(leaf: Any) -> Any:
    import torch

    if isinstance(leaf, torch.Tensor):
        return leaf.detach().cpu()
    if isinstance(leaf, np.ndarray | np.generic):
        if leaf.dtype.kind not in "biufc":
            raise UsageError(f"{argument('example_inputs')} has an array of type {leaf.dtype}. Expected numbers")
        return torch.from_numpy(np.array(leaf, leaf.dtype.newbyteorder("=")))
    return leaf


def _made_up(shapes: Mapping[str, tuple[int, ...]], dtype: str) -> Arguments:
    import torch

    generator = torch.Generator().manual_seed(0)
    drawn = {key: torch.randn(shape, generator=generator) for key, shape in shapes.items()}
    made = {key: tensor.to(getattr(torch, dtype)) for key, tensor in drawn.items()}
    if dtype == "int64":
        made = {key: torch.zeros_like(tensor) for key, tensor in made.items()}
    if "" in made:
        return Arguments((made[""],), {})
    return Arguments((), made)


def arguments_for(program: Any) -> Arguments:
    """A call of an exported program: zeros of its sizes, 1 for free ones, and its own constants."""
    from torch.export.graph_signature import InputKind
    from torch.utils import _pytree

    values = {node.name: node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"}
    specs = [spec for spec in program.graph_signature.input_specs if spec.kind is InputKind.USER_INPUT]
    leaves = [_zeros(values.get(spec.arg.name), spec.arg) for spec in specs]
    return Arguments(*_pytree.tree_unflatten(leaves, program.call_spec.in_spec))


def _zeros(value: Any, argument: Any) -> Any:
    import torch

    if not isinstance(value, torch.Tensor):
        return getattr(argument, "value", value)
    return torch.zeros([size if isinstance(size, int) else 1 for size in value.shape], dtype=value.dtype)
