"""A file of Keras as a model that can be trained: it was looked at first, as it is before a conversion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.registry import find_source
from edgewright.errors import ConversionError


def open_keras(path: Path, *, trust: bool = False) -> Any:
    """The model of Keras 3 in a file (.keras, .h5), in float32 and not compiled; for a child process.

    Raises `UntrustedSourceError` for a file that would run code of its own, unless it is trusted (`trust`), and
    `ConversionError` for one that is damaged, or no model of Keras 3.
    """
    from edgewright.convert.sources.tensorflow.keras.model import KerasModel
    from edgewright.convert.sources.tensorflow.runtime import start_keras

    source = find_source(path)
    if source.name not in ("keras", "hdf5"):
        raise ConversionError(f"{source.title} cannot be trained. Expected a Keras model (.keras)", where=str(path))
    opened = source.open(path, ConversionOptions(trust=trust))
    if not isinstance(opened, KerasModel) or not isinstance(opened.model, start_keras().Model):
        raise ConversionError("not a model of Keras 3. Save it again with Keras 3", where=str(path))
    return opened.model
