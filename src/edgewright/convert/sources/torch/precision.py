"""Programs that compute in another precision than LiteRT does, in float32."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from edgewright.convert.sources.torch.arguments import Arguments
from edgewright.convert.sources.torch.exporting import exported

_WIDE, _NARROW = ("float64",), ("float16", "bfloat16")
IN_FLOAT32 = "computed in float32 instead of {}"


def other_precision(program: Any) -> str:
    """The type of real numbers other than float32 that a program's weights or inputs have; "" for none.

    Of several the one with fewest bits, because it says how exact the program can be.
    """
    held = (node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder")
    found = {str(getattr(value, "dtype", "")).removeprefix("torch.") for value in held}
    return next((name for name in (*_NARROW, *_WIDE) if name in found), "")


def is_narrow(precision: str) -> bool:
    """Whether a precision keeps less than float32, so that float32 is closer to what was meant than its own run."""
    return precision in _NARROW


def in_float32(program: Any, arguments: Arguments, name: str) -> Any:
    """The same program with float32 in place of all other real numbers."""
    import torch

    # A copy, for a program has the very weights of the module that it was made of.
    module = copy.deepcopy(program.module(check_guards=False)).float()
    others = {getattr(torch, name): torch.float32 for name in (*_WIDE, *_NARROW)}
    for node in module.graph.nodes:
        node.args = torch.fx.node.map_aggregate(node.args, lambda value: _exchanged(value, others))
        node.kwargs = torch.fx.node.map_aggregate(node.kwargs, lambda value: _exchanged(value, others))
    module.recompile()
    return exported(module, arguments.with_tensors(_floats(arguments.leaves)), name)


def _exchanged(value: Any, others: dict[Any, Any]) -> Any:
    import torch

    return others.get(value, value) if isinstance(value, torch.dtype) else value


def _floats(leaves: Sequence[Any]) -> list[Any]:
    import torch

    tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
    return [tensor.float() if tensor.is_floating_point() else tensor for tensor in tensors]
