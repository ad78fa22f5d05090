"""Which formats there are, and which of them a source is.

A package outside adds one by an entry point in the group `edgewright.sources`: its name, and a class like `ModelSource`
that is called without arguments.
"""

from __future__ import annotations

import os
from pathlib import Path

from edgewright.convert.sources.contract import ModelSource
from edgewright.errors import ConversionError
from edgewright.mistaken import meant, what_it_is
from edgewright.model import archive_advice
from edgewright.registry import Registry

ENTRY_POINTS = "edgewright.sources"

_JAX = "edgewright.convert.sources.jax"
_TENSORFLOW = "edgewright.convert.sources.tensorflow"
_TORCH = "edgewright.convert.sources.torch"
_formats: Registry[ModelSource] = Registry(
    "source",
    ENTRY_POINTS,
    {
        "frozen_graph": f"{_TENSORFLOW}.frozen_graph:FrozenGraph",
        "hdf5": f"{_TENSORFLOW}.hdf5:KerasHdf5",
        "jax-function": f"{_JAX}.function:JaxFunction",
        "keras": f"{_TENSORFLOW}.keras_archive:KerasArchive",
        "keras-object": f"{_TENSORFLOW}.keras_object:KerasObject",
        "onnx": "edgewright.convert.sources.onnx.onnx_file:OnnxFile",
        "pt2": f"{_TORCH}.pt2:TorchExportedProgram",
        "safetensors": f"{_TORCH}.safetensors:Safetensors",
        "saved_model": f"{_TENSORFLOW}.saved_model:SavedModel",
        "tf-function": f"{_TENSORFLOW}.function:TensorFlowFunction",
        "tflite": f"{_TENSORFLOW}.tflite:TFLite",
        "torch-checkpoint": f"{_TORCH}.checkpoint:TorchCheckpoint",
        "torch-module": f"{_TORCH}.module:TorchModule",
        "torchscript": f"{_TORCH}.script:TorchScript",
    },
    made=True,
    protocol="edgewright.convert.sources.contract:ModelSource",
)


def register_source(source: ModelSource) -> None:
    """Make a format available to `convert`; raises `UsageError` if its name is taken."""
    _formats.register(source.name, source)


def sources() -> tuple[ModelSource, ...]:
    """All formats, those of installed packages included."""
    return (*_formats.built_in(), *_formats.outside())


def find_source(source: object) -> ModelSource:
    """The format of a source, by its content; other packages are asked where none of ours fits.

    Raises `ConversionError` for what is none of them, saying what it is instead where that can be seen.
    """
    if isinstance(source, Path):
        _check_path(source)
    for format_ in _formats.built_in():
        if format_.recognizes(source):
            return format_
    for format_, recognized in _formats.asked(lambda candidate: candidate.recognizes(source)):
        if recognized:
            return format_
    raise _unknown(source)


def is_ours(source: ModelSource) -> bool:
    """Whether a format is one of this package."""
    return type(source).__module__.startswith(f"{__package__}.")


def _check_path(path: Path) -> None:
    where = str(path)
    if not path.exists():
        raise ConversionError(f"there is no such file or folder{meant(path)}", where=where)
    if not os.access(path, os.R_OK):
        raise ConversionError("no permission to read it", where=where)
    if not (path.is_file() or path.is_dir()):
        raise ConversionError("neither a file nor a folder, but a pipe or device", where=where, remedy="Name a file")
    if path.is_file() and path.stat().st_size == 0:
        raise ConversionError("the file is empty", where=where)


_ZIP = b"PK\x03\x04"


def _unknown(source: object) -> ConversionError:
    if not isinstance(source, Path):
        kind = f"{type(source).__module__}.{type(source).__qualname__}"
        return ConversionError(f"a {kind} cannot be converted", remedy=_expected())
    if source.is_dir():
        return ConversionError("a folder without saved_model.pb", where=str(source), remedy=_expected())
    with source.open("rb") as stream:
        start = stream.read(64)
    if start.startswith(_ZIP):
        return ConversionError(archive_advice(source, str(source)), where=str(source))
    if instead := what_it_is(start):
        return ConversionError(f"this is {instead.words}, not a model", where=str(source), remedy=instead.remedy)
    return ConversionError("not a model that is known here", where=str(source), remedy=_expected())


def _expected() -> str:
    return "Expected one of: " + "; ".join(title for source in sources() if (title := source.title))
