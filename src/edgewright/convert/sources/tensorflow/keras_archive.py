"""Source: the `.keras` archive of Keras 3 and of the last releases of Keras 2."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.contract import Opened
from edgewright.convert.sources.safety import Finding, refuse
from edgewright.convert.sources.tensorflow.keras.archives import (
    CONFIG,
    VERSION,
    WEIGHTS,
    hdf5_findings,
    open_hdf5,
    open_zip_archive,
    read_json,
    zip_findings,
)
from edgewright.convert.sources.tensorflow.keras.arithmetic import in_float32
from edgewright.convert.sources.tensorflow.keras.config import without_compilation, without_outdated
from edgewright.convert.sources.tensorflow.keras.loading import load_keras
from edgewright.convert.sources.tensorflow.keras.safety import config_findings, damaged, fresh_archive, unpacked_weights
from edgewright.convert.sources.tensorflow.runtime import keras_framework
from edgewright.errors import ConversionError


class KerasArchive:
    """A zip archive with `config.json` and weights, as `model.save("model.keras")` writes it."""

    name = "keras"
    title = "a Keras archive (.keras)"
    in_child = True
    takes = ("unroll",)

    @property
    def framework(self) -> str:
        """What is started to read it."""
        return keras_framework()

    def recognizes(self, source: object) -> bool:
        """Whether it is a zip archive with a `config.json`."""
        if not isinstance(source, Path) or not source.is_file() or not zipfile.is_zipfile(source):
            return False
        try:
            with open_zip_archive(source) as archive:
                return CONFIG in archive.namelist() or source.suffix == ".keras"
        except (zipfile.BadZipFile, ValueError):
            return source.suffix == ".keras"

    def open(self, source: Path, options: ConversionOptions) -> Opened:
        """Look into the archive, refuse what would run code, and load what was looked at."""
        name = str(source)
        try:
            archive = open_zip_archive(source)
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise ConversionError(f"damaged, or no Keras archive: {error}", where=name) from None
        with archive:
            return _load(archive, source, options)


def _load(archive: zipfile.ZipFile, path: Path, options: ConversionOptions) -> Opened:
    name = str(path)
    config = read_json(archive, CONFIG, name)
    found = (*zip_findings(archive, name), *config_findings(config))
    weights = unpacked_weights(archive, name)
    refuse(name, (*found, *_weights_findings(weights, f"{name}: {WEIGHTS}")), trust=options.trust)
    held = read_json(archive, VERSION, name) if VERSION in archive.namelist() else {}
    version = str(held.get("keras_version", ""))
    fresh, removed = without_outdated(config)
    fresh, policies = in_float32(fresh)
    remedies = (*removed, *policies)
    readable = path
    if not options.trust:
        readable = fresh_archive(archive, weights, without_compilation(fresh), version, name)
    elif remedies:
        readable = _rewritten(archive, json.dumps(fresh))
    return load_keras(readable, ".keras", name, version, options, remedies)


def _weights_findings(weights: Path | None, name: str) -> tuple[Finding, ...]:
    if weights is None:
        return ()
    with open_hdf5(weights, name) as file, damaged(name):
        return tuple(hdf5_findings(file))


def _rewritten(archive: zipfile.ZipFile, config: str) -> Path:
    """A copy of the archive with another configuration, beside the temporary files of this process."""
    copy = Path(tempfile.mkdtemp()) / "model.keras"
    with zipfile.ZipFile(copy, "w") as target:
        for info in archive.infolist():
            target.writestr(info.filename, config if info.filename == CONFIG else archive.read(info))
    return copy
