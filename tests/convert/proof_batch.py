"""Builds small models and proves their conversions in one child process, so that TensorFlow starts once for all."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.preparing import prepare
from edgewright.convert.proof.proving import finish
from edgewright.convert.sources.tensorflow.keras.model import KerasModel
from edgewright.errors import EdgewrightError
from edgewright.machine import silent


def prove_all(module: str) -> dict[str, Any]:
    """The product or the error of each case of a module: `CASES` has for each name a model's maker and options."""
    cases = importlib.import_module(module).CASES
    return {name: _outcome(name, build, options) for name, (build, options) in cases.items()}


def _outcome(name: str, build: Any, options: dict[str, Any]) -> Any:
    import keras

    keras.utils.set_random_seed(5)
    asked = ConversionOptions.of(**options)
    with tempfile.TemporaryDirectory() as workshop:
        try:
            prepared = prepare(KerasModel(build(), name, asked), asked, Path(workshop))
            return finish(prepared, asked, silent)
        except EdgewrightError as error:
            return error
        except Exception as error:  # noqa: BLE001 - the test shows what it was
            return repr(error)
