"""Functions without a state: what modules of Flax are called as."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgewright.errors import UsageError


def pure(source: Any, name: str) -> Callable[..., Any]:
    """A function of the inputs alone that computes what the source does when it is used, and changes nothing in it.

    Raises `UsageError` for a module of Linen that has no weights; `name` stands for it.
    """
    if _is_module_of("flax.nnx", source):
        return _of_nnx(source)
    if _is_module_of("flax.linen", source):
        return _of_linen(source, name)
    return lambda *args, **kwargs: source(*args, **kwargs)


def _is_module_of(package: str, source: Any) -> bool:
    bases = type(source).__mro__
    return any(base.__name__ == "Module" and base.__module__.startswith(f"{package}.") for base in bases)


def _of_nnx(module: Any) -> Callable[..., Any]:
    from flax import nnx

    graph, state = nnx.split(module)

    def call(*args: Any, **kwargs: Any) -> Any:
        # A copy, which may count its calls; the caller's own may be in training.
        copy = nnx.merge(graph, state, copy=True)
        copy.eval()
        return copy(*args, **kwargs)

    return call


def _of_linen(module: Any, name: str) -> Callable[..., Any]:
    if module.scope is None:
        raise UsageError(f"{name}: a module of Linen has no weights of its own. Give module.bind(variables)")
    unbound, variables = module.unbind()
    return lambda *args, **kwargs: unbound.apply(variables, *args, **kwargs)
