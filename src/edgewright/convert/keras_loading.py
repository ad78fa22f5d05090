"""Loads a Keras file that has been looked at, with Keras 3 or, where that cannot, with `tf_keras`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from edgewright.convert.keras_model import KerasModel
from edgewright.convert.options import ConversionOptions
from edgewright.convert.runtime import start_keras
from edgewright.convert.tflite import first_line
from edgewright.errors import ConversionError


def load_keras(file: Path, name: str, version: str, options: ConversionOptions) -> KerasModel:
    """Load `file`, which `name` stands for in messages; `version` is the Keras that wrote it.

    A file of Keras 2 that Keras 3 does not understand is given to `tf_keras`, where that is installed. Raises
    `ConversionError`.
    """
    keras = start_keras()
    try:
        return _load(keras, file, options)
    except (ValueError, TypeError, KeyError, AttributeError, ImportError, OSError, NotImplementedError) as error:
        if not version.startswith(("1.", "2.")):
            raise ConversionError(f"{name}: Keras {keras.__version__} cannot load it: {first_line(error)}") from error
        legacy = _keras2()
        if legacy is None:
            raise ConversionError(
                f"{name}: written by Keras {version}, and Keras {keras.__version__} cannot load it: "
                f"{first_line(error)}. To use Keras 2 for it, run: pip install 'edgewright[keras2]'"
            ) from error
        return _load_with_keras2(legacy, file, name, version, options)


def _load(keras: Any, file: Path, options: ConversionOptions) -> KerasModel:
    model = keras.models.load_model(str(file), compile=False, safe_mode=not options.trust)
    return KerasModel(model, options.input_shape)


def _load_with_keras2(legacy: Any, file: Path, name: str, version: str, options: ConversionOptions) -> KerasModel:
    try:
        return _load(legacy, file, options)
    except (ValueError, TypeError, KeyError, AttributeError, ImportError, OSError, NotImplementedError) as error:
        raise ConversionError(
            f"{name}: written by Keras {version}, and neither Keras 3 nor tf_keras can load it: {first_line(error)}"
        ) from error


def _keras2() -> Any:
    try:
        return importlib.import_module("tf_keras")
    except ImportError:
        return None
