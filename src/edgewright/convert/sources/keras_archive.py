"""Source: the `.keras` archive of Keras 3 and of the last releases of Keras 2."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path

from edgewright.convert.archives import (
    CONFIG,
    VERSION,
    WEIGHTS,
    hdf5_findings,
    open_hdf5,
    open_zip_archive,
    read_json,
    zip_findings,
)
from edgewright.convert.keras_config import without_compilation, without_outdated
from edgewright.convert.keras_loading import load_keras
from edgewright.convert.keras_safety import config_findings, damaged, fresh_archive, unpacked_weights
from edgewright.convert.options import ConversionOptions
from edgewright.convert.paths import convert_in_child
from edgewright.convert.product import Opened, Product
from edgewright.convert.safety import Finding, refuse
from edgewright.convert.sources import register_source
from edgewright.errors import ConversionError
from edgewright.machine import Progress


class KerasArchive:
    """A zip archive with `config.json` and weights, as `model.save("model.keras")` writes it."""

    name = "keras"
    title = "a Keras archive (.keras)"

    def recognises(self, source: object) -> bool:
        """Whether it is a zip archive with a `config.json`."""
        if not isinstance(source, Path) or not source.is_file() or not zipfile.is_zipfile(source):
            return False
        try:
            with open_zip_archive(source) as archive:
                return CONFIG in archive.namelist() or source.suffix == ".keras"
        except (zipfile.BadZipFile, ValueError):
            return source.suffix == ".keras"

    def convert(self, source: object, options: ConversionOptions, workshop: Path, progress: Progress) -> Product:
        """Convert it in a child process."""
        return convert_in_child(open_archive, source, options, workshop, progress)

    def open(self, source: Path, options: ConversionOptions) -> Opened:
        """Load it, in a child process."""
        return open_archive(source, options)


def open_archive(path: Path, options: ConversionOptions) -> Opened:
    """Look into the archive, refuse what would run code, and load what was looked at."""
    try:
        archive = open_zip_archive(path)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ConversionError(f"{path}: damaged, or no Keras archive: {error}") from None
    with archive:
        config = read_json(archive, CONFIG, str(path))
        found = (*zip_findings(archive, str(path)), *config_findings(config))
        weights = unpacked_weights(archive, str(path))
        refuse(str(path), (*found, *_weights_findings(weights, f"{path}: {WEIGHTS}")), trust=options.trust)
        held = read_json(archive, VERSION, str(path)) if VERSION in archive.namelist() else {}
        version = str(held.get("keras_version", ""))
        fresh, remedies = without_outdated(config)
        readable = path
        if not options.trust:
            readable = fresh_archive(archive, weights, without_compilation(fresh), version, str(path))
        elif remedies:
            readable = _rewritten(archive, json.dumps(fresh))
    return load_keras(readable, ".keras", str(path), version, options, remedies)


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


register_source(KerasArchive())
