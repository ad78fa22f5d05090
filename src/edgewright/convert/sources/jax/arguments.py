"""What a function is called with: example inputs as people give them, and a name for each array in them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.tensorflow.exporting import distinct
from edgewright.errors import UsageError
from edgewright.spelling import argument


@dataclass(frozen=True)
class Arguments:
    """The call of a function: `arrays` are its inputs, named; all else in `leaves` stays as it is.

    `tree` is the structure of positional and named arguments that the leaves are in.
    """

    names: tuple[str, ...]
    leaves: tuple[Any, ...]
    tree: Any

    @property
    def arrays(self) -> list[Any]:
        """The leaves that are inputs, as JAX has them."""
        return [leaf for leaf in self.leaves if _is_array(leaf)]

    def call(self, function: Callable[..., Any], arrays: Sequence[Any]) -> Any:
        """Call it with other arrays in their places."""
        import jax

        waiting = iter(arrays)
        filled = [next(waiting) if _is_array(leaf) else leaf for leaf in self.leaves]
        args, kwargs = jax.tree_util.tree_unflatten(self.tree, filled)
        return function(*args, **kwargs)


def arguments_of(source: Any, options: ConversionOptions, name: str) -> Arguments:
    """The call that the options describe: example inputs, or zeros of the given shapes.

    A tuple is several arguments, a dictionary named ones, all else is the only one. Raises `UsageError` where neither
    is given.
    """
    if options.example_inputs is not None:
        return _given(source, options.example_inputs, name)
    if options.input_shape:
        shaped = {key: np.zeros(shape, np.float32) for key, shape in options.input_shape.items()}
        return _given(source, shaped.get("", shaped), name)
    raise UsageError(
        f"{name}: a function does not say what it takes. Give {argument('example_inputs')}, what you call it with, or "
        f"{argument('input_shape', (1, 224, 224, 3))}"
    )


def _given(source: Any, inputs: Any, name: str) -> Arguments:
    import jax

    named = {str(key): value for key, value in inputs.items()} if isinstance(inputs, Mapping) else {}
    several = inputs if isinstance(inputs, tuple | list) else () if named else (inputs,)
    parameters = _parameters(source)
    paths, tree = jax.tree_util.tree_flatten_with_path((tuple(several), named))
    leaves = tuple(_as_jax(leaf) for _, leaf in paths)
    names = tuple(_name(path, parameters) for (path, _), leaf in zip(paths, leaves, strict=True) if _is_array(leaf))
    if not names:
        raise UsageError(f"{name}: {argument('example_inputs')} has no array. Give what the function is called with")
    return Arguments(distinct(names), leaves, tree)


def _is_array(leaf: Any) -> bool:
    import jax

    return isinstance(leaf, jax.Array)


def _as_jax(leaf: Any) -> Any:
    import jax.numpy as jnp

    return jnp.asarray(leaf) if isinstance(leaf, np.ndarray | np.generic) else leaf


def _parameters(source: Any) -> list[str]:
    try:
        return list(inspect.signature(source).parameters)
    except (TypeError, ValueError):
        return []


def _name(path: Any, parameters: Sequence[str]) -> str:
    """A place in a call in words: "x" of a parameter, "batch_tokens" of an entry of one."""
    place, inner = path[1], path[2:]
    if hasattr(place, "key"):
        first = str(place.key)
    else:
        first = parameters[place.idx] if place.idx < len(parameters) else f"input_{place.idx}"
    return identifier([first, *map(_step, inner)])


def output_names(paths: Sequence[Any]) -> tuple[str, ...]:
    """Names of what a function returns: its keys where that is a dictionary, else numbered."""
    if list(paths) in ([()], [(0,)]):
        return ("output",)
    return distinct([identifier([*_numbered(path[0]), *map(_step, path)]) for path in paths])


def _numbered(first: Any) -> list[str]:
    """The word before a place that has a number for its name."""
    return [] if hasattr(first, "key") or hasattr(first, "name") else ["output"]


def _step(step: Any) -> str:
    return str(getattr(step, "key", getattr(step, "name", getattr(step, "idx", ""))))


def identifier(words: Sequence[str]) -> str:
    """Words as one name that a signature can have."""
    return re.sub(r"\W", "_", "_".join(words))
