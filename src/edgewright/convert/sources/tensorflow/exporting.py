"""Writes a function as a SavedModel with one signature, the form that everything of TensorFlow is lowered from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgewright.convert.sources.failures import failed

SIGNATURE = "serving_default"


def save_signature(tf: Any, holder: Any, function: Any, folder: Path, whole: Any, *, traced: bool = False) -> None:
    """Save a function with the variables that `holder` has; with tables and all else of `whole` where it uses them.

    `traced` adds where in the program each operator was called.
    """
    options = tf.saved_model.SaveOptions(save_debug_info=traced)
    try:
        tf.saved_model.save(holder, str(folder), signatures={SIGNATURE: function}, options=options)
    except AssertionError as error:
        if "untracked" not in str(error):
            raise
        holder.whole = whole
        tf.saved_model.save(holder, str(folder), signatures={SIGNATURE: function}, options=options)


def identifier(name: str) -> str:
    """A name that a function argument can have: signatures are called by name."""
    plain = re.sub(r"\W", "_", name.split(":")[0])
    return plain if plain[:1].isalpha() else f"tensor_{plain}".rstrip("_")


@contextmanager
def failing(name: str) -> Iterator[None]:
    """Say in one line what TensorFlow raises while a source runs; its errors are of no kind that Python has."""
    import tensorflow as tf

    try:
        yield
    except tf.errors.OpError as error:
        raise failed(name, error) from error
