"""Writes a function as a SavedModel with one signature, the form that everything of TensorFlow is lowered from."""

from __future__ import annotations

import itertools
import keyword
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgewright.convert.sources.failures import failed
from edgewright.errors import ConversionError

SIGNATURE = "serving_default"


def save_signature(
    tf: Any, holder: Any, function: Any, folder: Path, whole: Any, name: str, *, traced: bool = False
) -> None:
    """Save a function with the variables that `holder` has; with tables and all else of `whole` where it uses them.

    `name` stands for it in messages. `traced` adds where in the program each operator was called. Raises
    `ConversionError` where it uses what neither of them has.
    """
    options = tf.saved_model.SaveOptions(save_debug_info=traced)
    try:
        tf.saved_model.save(holder, str(folder), signatures={SIGNATURE: function}, options=options)
    except AssertionError as error:
        if "untracked" not in str(error):
            raise
        if whole is None:
            raise ConversionError(
                "it uses something that nothing keeps alive but its program, as a table is",
                where=name,
                remedy="Keep it in a tf.Module with the function, save that with tf.saved_model.save, and convert the "
                "folder",
            ) from error
        holder.whole = whole
        tf.saved_model.save(holder, str(folder), signatures={SIGNATURE: function}, options=options)


def identifier(name: str) -> str:
    """A name that a signature can have: letters, digits and underscores."""
    plain = re.sub(r"\W", "_", name.split(":")[0])
    return plain if plain[:1].isalpha() else f"tensor_{plain}".rstrip("_")


def input_identifier(name: str) -> str:
    """A name that a function argument and a node of a graph can have, too: signatures are called by name.

    Nodes have letters of ASCII only, and TensorFlow's own functions take "self".
    """
    plain = identifier(re.sub(r"\W", "_", name.split(":")[0], flags=re.ASCII))
    return f"tensor_{plain}" if keyword.iskeyword(plain) or plain == "self" else plain


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The same names, with a number behind one that was there before: the first that makes a name of none of them."""
    taken, fresh = set(names), list[str]()
    for place, name in enumerate(names):
        numbered = (f"{name}_{number}" for number in itertools.count(1))
        fresh.append(name if name not in names[:place] else next(other for other in numbered if other not in taken))
        taken.add(fresh[-1])
    return tuple(fresh)


@contextmanager
def failing(name: str) -> Iterator[None]:
    """Say in one line what TensorFlow raises while a source runs; its errors are of no kind that Python has."""
    import tensorflow as tf

    try:
        yield
    except tf.errors.OpError as error:
        raise failed(name, error) from error
