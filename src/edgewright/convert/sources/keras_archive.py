"""Source: the `.keras` archive of Keras 3 and of the last releases of Keras 2."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from edgewright.convert.archives import (
    CONFIG,
    VERSION,
    WEIGHTS,
    hdf5_findings,
    open_hdf5,
    read_json,
    zip_findings,
)
from edgewright.convert.keras_config import Config, config_findings, without_outdated
from edgewright.convert.keras_loading import load_keras
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
            with zipfile.ZipFile(source) as archive:
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
    """Look into the archive, refuse what would run code, and load it."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ConversionError(f"{path}: damaged, or no Keras archive: {error}") from None
    with archive:
        config = read_json(archive, CONFIG, str(path))
        refuse(str(path), _findings(archive, config, path), trust=options.trust)
        version = read_json(archive, VERSION, str(path)) if VERSION in archive.namelist() else {}
        fresh, remedies = without_outdated(config)
        readable = _rewritten(archive, path, json.dumps(fresh)) if remedies else path
    return load_keras(readable, ".keras", str(path), str(version.get("keras_version", "")), options, remedies)


def _findings(archive: zipfile.ZipFile, config: Config, path: Path) -> tuple[Finding, ...]:
    return (*zip_findings(archive, str(path)), *config_findings(config), *_weights(archive, path))


def _weights(archive: zipfile.ZipFile, path: Path) -> tuple[Finding, ...]:
    if WEIGHTS not in archive.namelist():
        return ()
    with archive.open(WEIGHTS) as stream, open_hdf5(stream, f"{path}: {WEIGHTS}") as file:
        return tuple(hdf5_findings(file))


def _rewritten(archive: zipfile.ZipFile, path: Path, config: str) -> Path:
    """A copy of the archive with another configuration, beside the temporary files of this process."""
    import tempfile

    copy = Path(tempfile.mkdtemp()) / "model.keras"
    with zipfile.ZipFile(copy, "w") as target:
        for info in archive.infolist():
            target.writestr(info.filename, config if info.filename == CONFIG else archive.read(info))
    return copy


register_source(KerasArchive())
