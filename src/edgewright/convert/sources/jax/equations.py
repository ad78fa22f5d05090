"""Equations of JAX, and those inside of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def every_equation(jaxpr: Any) -> Iterator[Any]:
    """All equations, those inside of others too."""
    from jax.extend import core

    for equation in jaxpr.eqns:
        yield equation
        for inner in core.jaxprs_in_params(equation.params):
            yield from every_equation(inner)


def literals(equation: Any) -> list[Any]:
    """The numbers that stand in an equation itself."""
    return [atom.val for atom in equation.invars if hasattr(atom, "val")]
