"""Evaluates equations once more, with other ones in place of some: traced again, that is the rewritten function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edgewright.convert.sources.jax.rewriting import convolutions, loops, numbers, scattering, sorting
from edgewright.convert.sources.jax.rewriting.folding import folded
from edgewright.convert.sources.jax.rewriting.rule import Equation, Rule

# Equations that hold others and are no more than these.
_WRAPPERS = ("jit", "pjit", "closed_call", "core_call", "custom_jvp_call", "custom_vjp_call", "checkpoint", "remat")
_INNER = ("jaxpr", "call_jaxpr", "fun_jaxpr")
# What has an effect on the program around it, and none on the results.
_PRINTS = ("debug_print", "debug_callback")

_RULES: Mapping[str, Rule] = {
    **convolutions.RULES,
    **loops.RULES,
    **numbers.RULES,
    **scattering.RULES,
    **sorting.RULES,
}


@dataclass
class Rewriter:
    """Evaluates equations; `remedies` are what it has put other equations in place of, in the order met."""

    remedies: dict[str, None] = field(default_factory=dict)

    def __call__(self, equations: Any, values: Sequence[Any]) -> list[Any]:
        """The results of a `ClosedJaxpr` for values, which may be tracers."""
        return self._evaluated(equations.jaxpr, equations.consts, values)

    def _evaluated(self, jaxpr: Any, constants: Sequence[Any], values: Sequence[Any]) -> list[Any]:
        known: dict[Any, Any] = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*constants, *values), strict=True))

        def read(atom: Any) -> Any:
            return atom.val if hasattr(atom, "val") else known[atom]

        for equation in jaxpr.eqns:
            results = self._results(equation, [read(atom) for atom in equation.invars])
            known.update(zip(equation.outvars, results, strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def _results(self, equation: Equation, values: Sequence[Any]) -> Sequence[Any]:
        name = equation.primitive.name
        if name in _PRINTS:
            self.remedies["prints of JAX left out"] = None
            return []
        with _as_called(equation):
            if name in _WRAPPERS:
                inner = next(equation.params[key] for key in _INNER if key in equation.params)
                return self._evaluated(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), values)
            computed = folded(equation, values)
            return computed or self._rewritten(equation, values) or bound(equation, values)

    def _rewritten(self, equation: Equation, values: Sequence[Any]) -> Sequence[Any] | None:
        rule = _RULES.get(equation.primitive.name)
        found = rule.apply(equation, values, self) if rule is not None else None
        if rule is not None and found is not None and rule.remedy:
            self.remedies[rule.remedy] = None
        return found


def rewriting(equations: Any, rewriter: Rewriter) -> Callable[..., list[Any]]:
    """The function of a `ClosedJaxpr`, rewritten while it is called."""
    return lambda *values: rewriter(equations, values)


def bound(equation: Equation, values: Sequence[Any]) -> Sequence[Any]:
    """What an equation computes as it is."""
    results = equation.primitive.bind(*values, **equation.primitive.get_bind_params(equation.params))
    return list(results) if equation.primitive.multiple_results else [results]


def _as_called(equation: Equation) -> Any:
    """Keeps where an equation comes from, for messages; of one inside of JAX, what called it there."""
    from jax._src import source_info_util

    own = equation.source_info.traceback
    line = own if source_info_util.user_frame(own) is not None else source_info_util.current().traceback
    names = source_info_util.current_name_stack() + equation.source_info.name_stack
    return source_info_util.user_context(line, name_stack=names)
