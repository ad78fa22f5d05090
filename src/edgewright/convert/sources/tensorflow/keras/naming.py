"""What the outputs of a model of Keras are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgewright.convert.sources.tensorflow.exporting import distinct, identifier


def output_names(model: Any, result: Any, count: int) -> tuple[str, ...]:
    """The names of so many outputs: keys, or what the model calls them; `result` is what it returned."""
    if isinstance(result, Mapping) and len(result) == count:
        names = sorted(result)  # the order in which tf.nest flattens a dictionary
    elif len(getattr(model, "output_names", None) or ()) == count:
        names = list(model.output_names)
    elif count == 1 and getattr(model, "layers", None) and hasattr(model, "add"):
        names = [model.layers[-1].name]
    else:
        names = ["output"] if count == 1 else [f"output_{index}" for index in range(count)]
    return distinct([identifier(str(name)) for name in names])
