"""Equations of a function that LiteRT has no kernel for, found before anything is converted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgewright.convert.obstacles.advice import Obstacle, find_advice
from edgewright.convert.obstacles.unsupported import UnsupportedOperator
from edgewright.convert.sources.jax.equations import every_equation

_SET = "lax."
_COMPLEX = ("complex64", "complex128")
_TYPES = ("bfloat16", "float16", "float64", "float8")


def obstacles(equations: Any) -> tuple[UnsupportedOperator, ...]:
    """What stands in the way of a `ClosedJaxpr`, each kind once a line of the program."""
    return tuple(dict.fromkeys(_found(equations.jaxpr)))


def line_of(equation: Any) -> str:
    """The line of the caller's program that an equation comes from ("model.py:17"), "" where that is not known."""
    from jax._src import source_info_util

    frame = source_info_util.user_frame(equation.source_info.traceback)
    return f"{Path(frame.file_name).name}:{frame.start_line}" if frame is not None else ""


def _found(jaxpr: Any) -> Iterator[UnsupportedOperator]:
    for equation in every_equation(jaxpr):
        reason = _reason(equation)
        if reason is not None:
            name, why, obstacle = reason
            yield UnsupportedOperator(name, _scope(equation), why, obstacle, line_of(equation))


def _scope(equation: Any) -> str:
    """The module of Flax that an equation is of, without what JAX did to it: "Encoder_0/Dense_1"."""
    return "/".join(part for part in str(equation.source_info.name_stack).split("/") if "(" not in part)


def _reason(equation: Any) -> tuple[str, str, Obstacle] | None:
    """The operator that stands in the way, why, and of which kind that is; None where there is none."""
    name = f"{_SET}{equation.primitive.name}"
    dtypes = [str(getattr(variable.aval, "dtype", "")) for variable in equation.outvars]
    if "callback" in name:
        return name, "calls back into Python, which is not where the file runs", "other"
    if find_advice(name) is not None:
        return name, "LiteRT has no kernel for it", "custom"
    odd = next((dtype for dtype in dtypes if dtype in _COMPLEX), None)
    if odd is not None:
        return f"{_SET}complex", _type(odd), "custom"
    odd = next((dtype for dtype in dtypes if dtype.startswith(_TYPES)), None)
    return None if odd is None else (name, _type(odd), "type")


def _type(dtype: str) -> str:
    return f"LiteRT does not compute with numbers of the type {dtype}"
