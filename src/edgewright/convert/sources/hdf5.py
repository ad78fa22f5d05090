"""Source: the HDF5 file (`.h5`, `.hdf5`) of Keras 2 and Keras 3."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from edgewright.convert.archives import hdf5_findings, open_hdf5, parse_config
from edgewright.convert.keras_config import without_compilation, without_outdated
from edgewright.convert.keras_loading import load_keras
from edgewright.convert.keras_safety import config_findings, damaged, fresh_hdf5
from edgewright.convert.options import ConversionOptions
from edgewright.convert.paths import convert_in_child
from edgewright.convert.product import Opened, Product
from edgewright.convert.safety import refuse
from edgewright.convert.sources import register_source
from edgewright.errors import ConversionError
from edgewright.machine import Progress

_MAGIC = b"\x89HDF\r\n\x1a\n"


class KerasHdf5:
    """An HDF5 file with the attribute `model_config`, as `model.save("model.h5")` writes it."""

    name = "hdf5"
    title = "a Keras HDF5 file (.h5, .hdf5)"

    def recognises(self, source: object) -> bool:
        """Whether it begins as an HDF5 file does."""
        if not isinstance(source, Path) or not source.is_file():
            return False
        with source.open("rb") as stream:
            return stream.read(len(_MAGIC)) == _MAGIC

    def convert(self, source: object, options: ConversionOptions, workshop: Path, progress: Progress) -> Product:
        """Convert it in a child process."""
        return convert_in_child(open_file, source, options, workshop, progress)

    def open(self, source: Path, options: ConversionOptions) -> Opened:
        """Load it, in a child process."""
        return open_file(source, options)


def open_file(path: Path, options: ConversionOptions) -> Opened:
    """Look into the file, refuse what would run code, and load what was looked at."""
    with open_hdf5(path, str(path)) as file:
        config = parse_config(_attribute(file, "model_config", path), f"{path}: model_config")
        version = _attribute(file, "keras_version", path) if "keras_version" in file.attrs else ""
        with damaged(str(path)):
            found = (*config_findings(config), *hdf5_findings(file))
        refuse(str(path), found, trust=options.trust)
        fresh, remedies = without_outdated(config)
        readable = path
        if not options.trust:
            readable = fresh_hdf5(file, without_compilation(fresh), version, str(path))
    if options.trust and remedies:
        readable = _rewritten(path, json.dumps(fresh))
    return load_keras(readable, ".h5", str(path), version, options, remedies)


def _attribute(file: Any, key: str, path: Path) -> str:
    if key not in file.attrs:
        raise ConversionError(
            f"{path}: holds weights only, no model (attribute {key} is missing). "
            "Build the model, load the weights into it, and save it with model.save('model.keras')"
        )
    value = file.attrs[key]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _rewritten(path: Path, config: str) -> Path:
    """A copy of the file with another configuration, beside the temporary files of this process."""
    import h5py

    copy = Path(tempfile.mkdtemp()) / "model.h5"
    shutil.copyfile(path, copy)
    with h5py.File(copy, "r+") as file:
        file.attrs["model_config"] = config
    return copy


register_source(KerasHdf5())
