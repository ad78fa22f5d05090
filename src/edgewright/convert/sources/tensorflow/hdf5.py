"""Source: the HDF5 file (`.h5`, `.hdf5`) of Keras 2 and Keras 3."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.contract import Opened
from edgewright.convert.sources.safety import refuse
from edgewright.convert.sources.tensorflow.keras.archives import hdf5_findings, open_hdf5, parse_config
from edgewright.convert.sources.tensorflow.keras.arithmetic import in_float32
from edgewright.convert.sources.tensorflow.keras.config import without_compilation, without_outdated
from edgewright.convert.sources.tensorflow.keras.loading import load_keras
from edgewright.convert.sources.tensorflow.keras.safety import config_findings, damaged, fresh_hdf5
from edgewright.convert.sources.tensorflow.runtime import keras_framework
from edgewright.errors import ConversionError

_MAGIC = b"\x89HDF\r\n\x1a\n"


class KerasHdf5:
    """An HDF5 file with the attribute `model_config`, as `model.save("model.h5")` writes it."""

    name = "hdf5"
    title = "a Keras HDF5 file (.h5, .hdf5)"
    in_child = True
    takes = ("unroll",)

    @property
    def framework(self) -> str:
        """What is started to read it."""
        return keras_framework()

    def recognizes(self, source: object) -> bool:
        """Whether it begins as an HDF5 file does."""
        if not isinstance(source, Path) or not source.is_file():
            return False
        with source.open("rb") as stream:
            return stream.read(len(_MAGIC)) == _MAGIC

    def open(self, source: Path, options: ConversionOptions) -> Opened:
        """Look into the file, refuse what would run code, and load what was looked at."""
        name = str(source)
        with open_hdf5(source, name) as file:
            config = parse_config(_attribute(file, "model_config", source), f"{name}: model_config")
            version = _attribute(file, "keras_version", source) if "keras_version" in file.attrs else ""
            with damaged(name):
                found = (*config_findings(config), *hdf5_findings(file))
            refuse(name, found, trust=options.trust)
            fresh, removed = without_outdated(config)
            fresh, policies = in_float32(fresh)
            remedies = (*removed, *policies)
            readable = source
            if not options.trust:
                readable = fresh_hdf5(file, without_compilation(fresh), version, name)
        if options.trust and remedies:
            readable = _rewritten(source, json.dumps(fresh))
        return load_keras(readable, ".h5", name, version, options, remedies)


def _attribute(file: Any, key: str, path: Path) -> str:
    if key not in file.attrs:
        raise ConversionError(
            f"holds weights only, no model (attribute {key} is missing)",
            where=str(path),
            remedy="Build the model, load the weights into it, and save it with model.save('model.keras')",
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
