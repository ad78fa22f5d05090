"""Source: a model object of Keras 3 or `tf_keras` that is alive in the caller's process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from edgewright.convert.child import convert_prepared
from edgewright.convert.keras_model import KerasModel
from edgewright.convert.options import ConversionOptions
from edgewright.convert.product import Prepared, Product, prepare
from edgewright.convert.runtime import CHILD_ENVIRONMENT
from edgewright.convert.silence import silence
from edgewright.convert.sources import register_source
from edgewright.errors import ConversionError
from edgewright.machine import Progress, run_in_child


class KerasObject:
    """A model in memory; its own code is already running here, so there is nothing to refuse."""

    name = "keras-object"
    title = "a Keras model object"

    def recognises(self, source: object) -> bool:
        """Whether one of its classes is the `Layer` of a Keras; Keras is not imported for that."""
        return any(
            base.__name__ == "Layer" and base.__module__.split(".")[0] in ("keras", "tf_keras")
            for base in type(source).__mro__
        )

    def convert(self, source: object, options: ConversionOptions, workshop: Path, progress: Progress) -> Product:
        """Export it here, in silence; a child process does the rest."""
        progress("exporting", 0, 4)
        prepared = _export(source, options, workshop)
        return run_in_child(
            convert_prepared,
            prepared,
            options,
            progress=progress,
            env={**CHILD_ENVIRONMENT, "TMPDIR": str(workshop)},
        )


def _export(model: Any, options: ConversionOptions, workshop: Path) -> Prepared:
    name = f"Keras model {getattr(model, 'name', type(model).__name__)!r}"
    _check_backend(model, name)
    with silence():
        return prepare(KerasModel(model, options, traced=True), options, workshop / "exported", name)


def _check_backend(model: Any, name: str) -> None:
    keras = sys.modules.get("keras")
    if keras is None or any(base.__module__.startswith("tf_keras") for base in type(model).__mro__):
        return
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise ConversionError(
            f"{name} runs on Keras's backend {backend}. Save it with model.save('model.keras') and convert that file"
        )


register_source(KerasObject())
