"""What a module is called with: example inputs as people give them, with tensors in place of arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewright.convert.options import ConversionOptions
from edgewright.errors import UsageError
from edgewright.spelling import argument


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

    def with_tensors(self, tensors: Sequence[Any]) -> Arguments:
        """The same call with other tensors, in the order of `leaves`; all that is no tensor stays."""
        import torch
        from torch.utils import _pytree

        waiting = iter(tensors)
        filled = [next(waiting) if isinstance(leaf, torch.Tensor) else leaf for leaf in self.leaves]
        args, kwargs = _pytree.tree_unflatten(filled, _pytree.tree_structure((self.args, self.kwargs)))
        return Arguments(args, kwargs)


def arguments_of(options: ConversionOptions, name: str) -> Arguments:
    """The call that the options describe: example inputs, or random numbers of the given shapes.

    A tuple is several arguments, a dictionary named ones, all else is the only one. Raises `UsageError` where neither
    is given.
    """
    if options.example_inputs is not None:
        return _given(options.example_inputs)
    if options.input_shape:
        return _made_up(options.input_shape)
    raise UsageError(
        f"{name}: a module does not say what it takes. Give {argument('example_inputs')}, what you call it with, or "
        f"{argument('input_shape', (1, 3, 224, 224))}"
    )


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
        return torch.from_numpy(np.array(leaf))
    return leaf


def _made_up(shapes: Mapping[str, tuple[int, ...]]) -> Arguments:
    import torch

    generator = torch.Generator().manual_seed(0)
    made = {key: torch.randn(shape, generator=generator) for key, shape in shapes.items()}
    if "" in made:
        return Arguments((made[""],), {})
    return Arguments((), made)
