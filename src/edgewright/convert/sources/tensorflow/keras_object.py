"""Source: a model object of Keras 3 or `tf_keras` that is alive in the caller's process."""

from __future__ import annotations

import sys
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.contract import Opened
from edgewright.convert.sources.tensorflow.keras.model import KerasModel
from edgewright.convert.sources.tensorflow.keras.on_torch import open_on_torch
from edgewright.convert.sources.tensorflow.keras.rebuilding import rebuilt_in_float32
from edgewright.errors import ConversionError
from edgewright.spelling import either


class KerasObject:
    """A model in memory; its own code is already running here, so there is nothing to refuse."""

    name = "keras-object"
    in_child = False
    takes = ("example_inputs", "unroll")

    @property
    def title(self) -> str:
        """Its name for people; a command line is given files only."""
        return either(python="a Keras model object", command="")

    def recognizes(self, source: object) -> bool:
        """Whether one of its classes is the `Layer` of a Keras; Keras is not imported for that."""
        return any(
            base.__name__ == "Layer" and base.__module__.split(".")[0] in ("keras", "tf_keras")
            for base in type(source).__mro__
        )

    def open(self, source: Any, options: ConversionOptions) -> Opened:
        """Take it as it is, but for arithmetic that LiteRT lacks, with the lines of the program that made it."""
        name = f"Keras model {getattr(source, 'name', type(source).__name__)!r}"
        backend = _backend(source)
        if backend not in ("tensorflow", "torch"):
            raise ConversionError(
                f"{name} runs on Keras's backend {backend}",
                remedy="Save it with model.save('model.keras') and convert that file",
            )
        model, policies = rebuilt_in_float32(source)
        if backend == "torch":
            return open_on_torch(model, name, options, policies)
        return KerasModel(model, name, options, policies, traced=True)


def _backend(model: Any) -> str:
    """What the Keras computes with that a model is of."""
    keras = sys.modules.get("keras")
    if keras is None or any(base.__module__.startswith("tf_keras") for base in type(model).__mro__):
        return "tensorflow"
    return str(keras.backend.backend())
