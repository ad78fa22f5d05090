"""What lies in Edgewright's cache folder: how much it is, what it is for, and removing it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewright import cache
from edgewright.cache import cache_folder, discard, environments_folder
from edgewright.errors import OutputError, UsageError

# What is there by folder, and how it comes back.
_PURPOSES = {
    cache.COMPRESS: "what compressing by training has done; trained again when it is needed",
    cache.MODELS: "models fetched by name; edgewright models get fetches them again",
    cache.ENGINES: "which engine was fastest for a model; measured again when it is needed",
    cache.LITERTJS: "LiteRT for browsers; edgewright export --setup web fetches it again",
    cache.OPTIMIZE: "what optimize tried; worked out again when it is needed",
    cache.TRAIN: "what trainings have finished; trained again when it is needed",
    cache.TRIALS: "which models the runtime was tried with; tried again when they are opened",
    cache.WHEELS: "wheels for devices; fetched again when a bundle needs them",
}
_ENVIRONMENT = "a tool with a Python of its own; edgewright convert --setup {name} makes it again"

# What the first download of a model was: later ones have to be the same, so it stays.
_KEPT = ".sha256"


@dataclass(frozen=True)
class Cached:
    """One thing in the cache: what it is removed by, what it is for, where it is, its files and their bytes."""

    name: str
    purpose: str
    path: Path
    files: int
    size: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values ready for JSON."""
        return {"name": self.name, "for": self.purpose, "path": str(self.path), "files": self.files, "size": self.size}


def contents() -> list[Cached]:
    """What is there, the largest first; nothing is made where nothing is."""
    found = (_measured(name, purpose, path) for name, purpose, path in _places())
    return sorted((item for item in found if item.files), key=lambda item: (-item.size, item.name))


def remove(name: str) -> int:
    """Remove one of `contents` by its name, and return how many bytes that freed.

    The digests of first downloads stay, for later ones are compared with them. Raises `UsageError` that lists what is
    there, or `OutputError`.
    """
    there = {item.name: item for item in contents()}
    if name not in there:
        listed = f"There is: {', '.join(there)}" if there else "Nothing is"
        raise UsageError(f"there is no {name!r} in the cache ({cache_folder()}). {listed}")
    item = there[name]
    try:
        _remove(item)
    except OSError as problem:
        raise OutputError(f"{problem.filename}: cannot be removed: {problem.strerror}") from problem
    return item.size


def _remove(item: Cached) -> None:
    if item.name != cache.MODELS:
        discard(item.path)
        return
    for path in item.path.iterdir():
        if path.is_dir():
            discard(path)
        elif path.suffix != _KEPT:
            path.unlink()


def _places() -> Iterator[tuple[str, str, Path]]:
    """(name, purpose, folder) of all that is to be seen, environments one by one."""
    for path in _folders(environments_folder()):
        yield f"{cache.ENVIRONMENTS}/{path.name}", _ENVIRONMENT.format(name=path.name), path
    for path in _folders(cache_folder()):
        if path != environments_folder() and path.name != cache.ENVIRONMENTS:
            yield path.name, _PURPOSES.get(path.name, ""), path


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    return sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))


def _measured(name: str, purpose: str, path: Path) -> Cached:
    sizes = list(_sizes(path, kept=_KEPT if name == cache.MODELS else ""))
    return Cached(name, purpose, path, len(sizes), sum(sizes))


def _sizes(folder: Path, *, kept: str) -> Iterator[int]:
    """The bytes of each file below that would be removed; those that vanish meanwhile are left out."""
    for parent, _, names in os.walk(folder):
        for name in names:
            if not (kept and name.endswith(kept)):
                try:
                    yield (Path(parent) / name).lstat().st_size
                except FileNotFoundError:
                    continue
