"""Source: a function of JAX or a module of Flax that is alive in the caller's process."""

from __future__ import annotations

import functools
import types
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.jax.arguments import arguments_of
from edgewright.convert.sources.jax.model import JaxModel
from edgewright.convert.sources.jax.pure import pure
from edgewright.convert.sources.jax.runtime import start_jax
from edgewright.spelling import either

_FUNCTIONS = (types.FunctionType, types.MethodType, functools.partial)
# What can be called and is made of JAX: jitted functions, and modules of the libraries for networks on it.
_PACKAGES = ("jax", "jaxlib", "flax", "equinox")


class JaxFunction:
    """A function or module in memory; its own code is already running here, so there is nothing to refuse."""

    name = "jax-function"
    in_child = False
    takes = ("example_inputs", "keep_nchw")

    @property
    def title(self) -> str:
        """Its name for people; a command line is given files only."""
        return either(python="a function of JAX or module of Flax, with example_inputs", command="")

    def recognizes(self, source: object) -> bool:
        """Whether it is a function of Python, or something of JAX that can be called; JAX is not imported for that."""
        if isinstance(source, _FUNCTIONS):
            return True
        return callable(source) and any(base.__module__.split(".")[0] in _PACKAGES for base in type(source).__mro__)

    def open(self, source: Any, options: ConversionOptions) -> JaxModel:
        """Trace it with its example inputs, as it is in use (`module.eval()`), whatever it is set to now."""
        start_jax()
        name = _called(source)
        return JaxModel(pure(source, name), arguments_of(source, options, name), name, options)


def _called(source: Any) -> str:
    """What people call it: the name of a function, the class of a module."""
    inner = source.func if isinstance(source, functools.partial) else source
    name = getattr(inner, "__name__", None)
    return f"JAX function {name}" if isinstance(name, str) else f"JAX module {type(inner).__name__}"
