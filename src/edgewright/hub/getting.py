"""Models by name: from the cache, or fetched, proven and put there when asked."""

from __future__ import annotations

from pathlib import Path

from edgewright.errors import EdgewrightError, HubError, ModelError
from edgewright.files import sha256_of
from edgewright.hub import cache, made, trust
from edgewright.hub.catalogue import entries, entry
from edgewright.hub.describing import came_from, described, source_sha256
from edgewright.hub.model_entry import Entry
from edgewright.hub.recipes import MakesSource, find_recipe
from edgewright.machine import Progress, silent
from edgewright.model import ModelFile

# Room beside the download: the model that is made, its Keras source if it has one, and copies for a moment.
_MODELS = 4

_GET = "edgewright models get"


def get(name: str, *, mirror: str = "", progress: Progress = silent) -> ModelFile:
    """Return a model by its name, fetched first unless it is in the cache already.

    Fetching means: the published file is downloaded, compared with its SHA-256, made into a `.tflite` file that
    describes itself, and only then visible in the cache. A file there that is not the one that was made here, or is
    made of another version of the published file, is replaced. However it ends, nothing half-made is visible; a
    download from the web that broke off goes on the next time. Where no SHA-256 is published, that of the first
    download is recorded and holds from then on. Processes that fetch the same model at once wait for the first.

    mirror: the address of a host to take in place of the authors' (else EDGEWRIGHT_MIRROR names one).

    Raises UsageError for an unknown name or a mirror that is none, MissingExtraError before anything is downloaded,
    HubError where the file cannot be had or is not the published one, OutputError where the cache cannot be written.
    """
    known = entry(name)
    cached = _cached(known)
    if cached is not None:
        return cached
    find_recipe(known.recipe).require(known)
    with cache.lock(name, progress):
        # Whoever held the lock before has fetched it, or there was nobody.
        return _cached(known) or _fetch(known, mirror, progress)


def _fetch(known: Entry, mirror: str, progress: Progress) -> ModelFile:
    needed = known.origin.limit + _MODELS * known.size
    with cache.scratch(needed) as scratch, cache.partial(known.name) as partial:
        folder = partial if known.origin.resumes else _folder(scratch / "fetched")
        fetched = known.origin.fetch(folder, progress, mirror)
        try:
            _publish(known, fetched, _folder(scratch / "made"), progress)
        finally:
            cache.clear(partial)
    return fetched_model(known.name)


def _publish(known: Entry, fetched: Path, folder: Path, progress: Progress) -> None:
    """Make the model of a file that is the published one, and give it its place in the cache."""
    digest = sha256_of(fetched)
    trust.verify(known, digest, fetched.stat().st_size)
    plain = find_recipe(known.recipe).make(known.origin.data(fetched), known, folder, progress)
    model = described(plain, known, digest)
    model.save(folder / f"{known.name}.tflite")
    trust.record(known, digest)
    if _cached(known) is None:  # else a process without locks was faster, and somebody may be reading its files
        made.record(known.name, model)
        cache.publish(folder, known.name)


def find(name: str) -> Path | None:
    """Where the model's file lies in the cache, None where it is not there; nothing is downloaded.

    Raises UsageError for an unknown name, HubError where another file lies there than the one that was made here.
    """
    path = cache.model_path(entry(name).name)
    return locate(name) if path.exists() or path.is_symlink() else None


def locate(name: str) -> Path:
    """Do as `find`, and where the model is not there raise HubError with the line to type."""
    return Path(fetched_model(name).name)


def fetched_model(name: str) -> ModelFile:
    """Read the model of a name from the cache, and compare it with what was made here when it was fetched.

    Raises UsageError for an unknown name, HubError where it is not there, damaged, changed, or put there by others.
    """
    path = cache.model_path(entry(name).name)
    try:
        model = ModelFile.read(path)
    except ModelError as problem:
        if not path.exists() and not path.is_symlink():
            raise HubError(
                f"the model {name!r} is not on this machine yet. To fetch it, run: `{_GET} {name}`"
            ) from None
        raise HubError(f"{problem}. To replace it, run: `{_GET} {name}`") from None
    made.verify(name, model)
    return model


def source(name: str) -> Path:
    """Where the Keras source of a fetched model lies, to convert it otherwise: with `quantize`, for instance.

    Raises HubError where the model is not there, has no such source, or the source is damaged.
    """
    if not _makes_source(entry(name)):
        raise HubError(f"the model {name!r} has no Keras source. Those with one: {', '.join(with_source())}")
    model = fetched_model(name)
    path = cache.source_path(name)
    if not path.is_file():
        raise HubError(f"the model {name!r} has no Keras source in the cache ({path})")
    if sha256_of(path) != source_sha256(model):
        raise HubError(f"{path}: damaged. Run: edgewright models remove {name} && {_GET} {name}")
    return path


def with_source() -> tuple[str, ...]:
    """List the names of all models that have a Keras source once they are fetched."""
    return tuple(known.name for known in entries() if _makes_source(known))


def _makes_source(known: Entry) -> bool:
    try:
        return isinstance(find_recipe(known.recipe), MakesSource)
    except EdgewrightError:
        return False  # `get` says what is wrong with another package's recipe


def recorded_sha256(name: str) -> str:
    """SHA-256 of the first download of a model whose authors publish none; "" before that, and for all others.

    Raises UsageError for an unknown name, HubError where the record cannot be read.
    """
    return trust.recorded(entry(name))


def remove(name: str) -> int:
    """Remove a model from the cache and return how many bytes that freed; raises HubError where it is not there."""
    return cache.remove(entry(name).name)


def _cached(known: Entry) -> ModelFile | None:
    """The model in the cache, if it was made here and of what the entry names."""
    try:
        model = ModelFile.read(cache.model_path(known.name))
    except ModelError:
        return None
    return model if made.is_made_here(known.name, model) and came_from(model, known, trust.expected(known)) else None


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
