"""Loads a Keras file that has been looked at, with Keras 3 or, where that cannot, with `tf_keras`."""

from __future__ import annotations

import importlib
import re
import tempfile
from pathlib import Path
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.contract import Opened
from edgewright.convert.sources.failures import first_line
from edgewright.convert.sources.tensorflow.keras.model import KerasModel
from edgewright.convert.sources.tensorflow.keras.on_torch import open_on_torch
from edgewright.convert.sources.tensorflow.runtime import keras_backend, start_keras
from edgewright.errors import ConversionError

# What a Keras raises over a configuration that makes no sense; TensorFlow's own errors come to that.
_FAILURES = (
    *(ValueError, TypeError, LookupError, AttributeError, ImportError, OSError, RuntimeError),
    *(AssertionError, ArithmeticError, MemoryError),
)

# How Keras 3 and Keras 2 complain of a class or function that they do not have.
_FOREIGN = re.compile(
    r"Could not locate (?:class|function) '[^']+'"
    r"|Unknown (?!keyword)[\w ]+: '[^']+'"
    r"|Could not interpret \w+ [\w ]+: \S+"
)
# A file may claim anything; what is no version is not repeated in messages.
_VERSION = re.compile(r"[\w.+-]{0,40}", re.ASCII)


def load_keras(
    file: Path, suffix: str, name: str, version: str, options: ConversionOptions, remedies: tuple[str, ...] = ()
) -> Opened:
    """Load `file`, of the format that `suffix` names; `name` stands for it in messages.

    `version` is the Keras that wrote it, `remedies` what was changed in it. A file of Keras 2 that Keras 3 does not
    understand is given to `tf_keras`, where that is installed. Raises `ConversionError`.
    """
    keras = start_keras()
    version = version if _VERSION.fullmatch(version) else "?"
    file = _with_suffix(file, suffix)
    failures = _failures()
    try:
        return _load(keras, file, name, options, remedies)
    except failures as error:
        if not version.startswith(("1.", "2.")):
            raise _failure(error, name, f"Keras {keras.__version__} cannot load it") from error
        legacy = _keras2()
        if legacy is None:
            raise ConversionError(
                f"written by Keras {version}, and Keras {keras.__version__} cannot load it: {_reason(error)}",
                where=name,
                remedy="To use Keras 2 for it, run: pip install 'edgewright[keras2]'",
            ) from error
    try:
        return _load(legacy, file, name, options, remedies)
    except failures as error:
        words = f"written by Keras {version}, and neither Keras 3 nor tf_keras can load it"
        raise _failure(error, name, words) from error


def _failure(error: Exception, name: str, words: str) -> ConversionError:
    foreign = _FOREIGN.search(str(error))
    if foreign is None:
        return ConversionError(f"{words}: {_reason(error)}", where=name)
    return ConversionError(
        f"{foreign.group(0)}, which is not part of Keras and not in the file",
        where=name,
        remedy="Load the model in your own program, where that code is, and pass the model object to "
        "edgewright.convert",
    )


def _with_suffix(file: Path, suffix: str) -> Path:
    """The file under a name that Keras goes by: it looks at the suffix, not into the file."""
    if file.suffix == suffix:
        return file
    link = Path(tempfile.mkdtemp()) / f"model{suffix}"
    link.symlink_to(file.resolve())
    return link


def _failures() -> tuple[type[Exception], ...]:
    """What loading a model raises; TensorFlow's own errors among it, where it is what computes."""
    if keras_backend() != "tensorflow":
        return _FAILURES
    return (*_FAILURES, importlib.import_module("tensorflow").errors.OpError)


def _load(keras: Any, file: Path, name: str, options: ConversionOptions, remedies: tuple[str, ...]) -> Opened:
    model = keras.models.load_model(str(file), compile=False, safe_mode=not options.trust)
    if keras_backend() == "torch":
        return open_on_torch(model, name, options, remedies)
    return KerasModel(model, name, options, remedies)


def _reason(error: Exception) -> str:
    """What went wrong at the bottom of it: Keras wraps the reason in the whole configuration, once per level."""
    text = str(error)
    return first_line(ValueError(text.rpartition("Exception encountered:")[2] or text))


def _keras2() -> Any:
    try:
        return importlib.import_module("tf_keras")
    except ImportError:
        return None
