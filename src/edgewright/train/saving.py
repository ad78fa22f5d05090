"""A trained network as a `.keras` file: the same network, the same bytes."""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from edgewright.errors import OutputError
from edgewright.files import write_atomic

_METADATA = "metadata.json"
_CONFIGURATION = "config.json"

# Keras numbers what several layers share by where it lies in memory.
_SHARED = re.compile(rb'"shared_object_id": (\d+)')
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first date that a zip archive can hold (APPNOTE.TXT, 4.4.6)."""


def save_network(model: Any, path: Path) -> None:
    """Write a Keras model whole or not at all, without the dates that Keras writes; for a child process.

    Raises `OutputError` where that is impossible.
    """
    with tempfile.TemporaryDirectory(dir=_made(path.parent)) as folder:
        given = Path(folder) / "network.keras"
        try:
            model.save(given)
        except OSError as problem:
            raise OutputError(f"{path}: cannot be written: {problem.strerror or problem}. Free some space") from problem
        write_atomic(path, _undated(given), overwrite=True)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _undated(given: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(given) as source, zipfile.ZipFile(stream, "w") as target:
        for name in sorted(source.namelist()):
            data = source.read(name)
            if name == _METADATA:
                kept = {key: value for key, value in json.loads(data).items() if key != "date_saved"}
                data = json.dumps(kept).encode()
            elif name == _CONFIGURATION:
                data = _renumbered(data)
            target.writestr(zipfile.ZipInfo(name, _EPOCH), data)
    return stream.getvalue()


def _renumbered(configuration: bytes) -> bytes:
    """What is shared, numbered in the order in which it comes."""
    places: dict[bytes, int] = {}
    return _SHARED.sub(
        lambda found: b'"shared_object_id": %d' % places.setdefault(found[1], len(places)), configuration
    )
