"""What a rule is that puts other equations in place of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

# An equation of JAX (`JaxprEqn`): a primitive with its parameters.
Equation = Any
# Evaluates a `ClosedJaxpr` for values, rewritten too.
Evaluate = Callable[[Any, Sequence[Any]], list[Any]]


@dataclass(frozen=True)
class Rule:
    """`apply` returns the results of an equation for its values, or None where the equation can stay as it is.

    `remedy` is what is said of it in the file: "" where the results are of the same equations.
    """

    apply: Callable[[Equation, Sequence[Any], Evaluate], Sequence[Any] | None]
    remedy: str = ""
