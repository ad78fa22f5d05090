"""Traces a function of JAX: what it computes, as equations, for arrays of given shapes."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.convert.sources.failures import RAISED, first_line
from edgewright.convert.sources.jax.equations import every_equation, literals
from edgewright.errors import ConversionError

_PACKAGE = Path(__file__).parents[3]
_FAILURES: tuple[type[Exception], ...] = (*RAISED, LookupError, AttributeError, AssertionError)


@dataclass(frozen=True)
class Traced:
    """Equations (a `ClosedJaxpr`), and where in what the function returns each output lies."""

    equations: Any
    paths: tuple[Any, ...]


def trace(function: Callable[..., Any], specs: Sequence[Any], name: str) -> Traced:
    """Trace a function of arrays; raises `ConversionError` that says in one line why it cannot be."""
    import jax

    with tracing(name):
        equations, shape = jax.make_jaxpr(function, return_shape=True)(*specs)
        paths = tuple(path for path, _ in jax.tree_util.tree_flatten_with_path(shape)[0])
    return Traced(equations, paths)


@contextmanager
def tracing(name: str) -> Iterator[None]:
    """Say in one line what JAX and Flax raise over a function, with what to do about it."""
    import jax

    try:
        yield
    except (jax.errors.ConcretizationTypeError, jax.errors.NonConcreteBooleanIndexError) as error:
        said = f"it decides by the values of its inputs, which are not known yet{_at(error)}: {first_line(error)}"
        remedy = "Use jax.lax.cond, jnp.where or jax.lax.while_loop, and pass plain numbers that choose a way as such"
        raise ConversionError(said, where=name, remedy=remedy) from error
    except jax.errors.UnexpectedTracerError as error:
        said = f"it keeps what it computes outside of itself: {first_line(error)}"
        raise ConversionError(said, where=name, remedy="Return it instead") from error
    except _failures() as error:
        said = f"the function itself fails with these inputs{_at(error)}: {first_line(error)}"
        raise ConversionError(said, where=name) from error


def require_steady(one: Any, other: Any, name: str) -> None:
    """Raise `ConversionError` where two traces of a function hold other numbers: no comparison would say why."""
    first, second = list(_fixed(one)), list(_fixed(other))
    if first != second:
        raise ConversionError(
            "it is another function each time it is traced: something in it draws random numbers or counts",
            where=name,
            remedy="Draw with jax.random and a fixed key, or take what changes as an input",
        )


def _fixed(equations: Any) -> Iterator[tuple[tuple[int, ...], bytes]]:
    """The numbers that a `ClosedJaxpr` holds, by shapes and bits: there may be a NaN among them."""
    import jax

    inner = (value for equation in every_equation(equations.jaxpr) for value in literals(equation))
    for value in (*equations.consts, *inner):
        if not jax.dtypes.issubdtype(jax.numpy.result_type(value), jax.dtypes.extended):
            array = np.asarray(value)
            yield array.shape, array.tobytes()


def _failures() -> tuple[type[Exception], ...]:
    """What functions raise; the root of Flax's own errors among it, where Flax is loaded."""
    errors = sys.modules.get("flax.errors")
    return _FAILURES if errors is None else (*_FAILURES, errors.FlaxError)


def _at(error: BaseException) -> str:
    """The last line of the caller's program that an error came through: " (at model.py:17)"."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_callers(frame.filename)]
    return f" (at {Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""


def _is_callers(file: str) -> bool:
    return "site-packages" not in file and str(_PACKAGE) not in file and not file.startswith("<")
