"""Which files have passed their trial run on this machine: an empty file for each, named by what it depends on.

What is in this folder is believed: it is the user's own, like the models. What is not there, or cannot be read or
written, costs a trial run and nothing else.
"""

from __future__ import annotations

import contextlib
import os
from functools import cache

from edgewright.cache import TRIALS, cache_folder, cache_path
from edgewright.engine.runtime import Runtime
from edgewright.model import ModelFile

# Goes into every name: what an older, laxer trial let pass is tried again.
_VERSION = 1


def is_known(model: ModelFile, runtime: Runtime) -> bool:
    """Whether the file has passed before: by what the system says of it, else by its digest, which takes longer."""
    stamped = _by_stamp(model, runtime)
    if stamped and _is_there(stamped):
        return True
    if not _is_there(by_digest(model, runtime)):
        return False
    if stamped:
        _make(stamped)
    return True


def add(model: ModelFile, runtime: Runtime) -> None:
    """Remember that it passed; two processes may do so at once. Nothing happens where nothing can be written."""
    _make(by_digest(model, runtime))


def by_digest(model: ModelFile, runtime: Runtime) -> str:
    """The file by its digest, which nothing else has, and the runtime by its own file."""
    return f"{model.identity}-{_stamp(runtime)}-{_VERSION}"


def _by_stamp(model: ModelFile, runtime: Runtime) -> str:
    """The file by its stamp; empty where it has none, or where a seal makes a digest cheap."""
    return f"file-{model.stamp}-{_stamp(runtime)}-{_VERSION}" if model.stamp and not model.sealed else ""


def _is_there(name: str) -> bool:
    return os.path.isfile(cache_path(TRIALS, name))  # noqa: PTH113 - on the way of every start


def _make(name: str) -> None:
    folder = cache_folder() / TRIALS
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600))


@cache
def _stamp(runtime: Runtime) -> str:
    """Another for each release that is installed: its version would take longer to find than a model to open."""
    file = runtime.module.__file__ or ""
    with contextlib.suppress(OSError):
        found = os.stat(file)  # noqa: PTH116
        return f"{runtime.name}-{found.st_size:x}-{found.st_mtime_ns:x}"
    return runtime.name
