"""What was worked out already, on disk by content: each kind of result in a folder of Edgewright's cache folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from edgewright.errors import OutputError
from edgewright.values import dataclass

if TYPE_CHECKING:
    from pathlib import Path

# Where the folder is, is asked at every start, so what only reading and writing need is imported there.

# Goes into every key: results of an older way of working are not taken for those of this one.
_VERSION = 2

Key = Mapping[str, Any]

COMPRESS, ENGINES, ENVIRONMENTS, LITERTJS, MODELS = "compress", "engines", "environments", "litertjs", "models"
OPTIMIZE, TRAIN, TRIALS, WHEELS = "optimize", "train", "trials", "wheels"
"""Folders of the cache; `cached` says what each is for."""

TRASH = ".trash-"
"""How the names of folders begin that are being deleted."""


def cache_folder() -> Path:
    """$EDGEWRIGHT_CACHE, else `edgewright` in $XDG_CACHE_HOME, else ~/.cache/edgewright; it need not exist."""
    from pathlib import Path

    return Path(_place()).expanduser().absolute()


def cache_path(*names: str) -> str:
    """Where something in that folder is, as text: for a look at every start, which need not wait for `pathlib`."""
    return os.path.join(os.path.expanduser(_place()), *names)  # noqa: PTH111, PTH118


def _place() -> str:
    own = os.environ.get("EDGEWRIGHT_CACHE")
    if own:
        return own
    # The XDG base directory specification: a relative path is to be ignored.
    general = os.environ.get("XDG_CACHE_HOME", "")
    return os.path.join(general if os.path.isabs(general) else "~/.cache", "edgewright")  # noqa: PTH117, PTH118


def environments_folder() -> Path:
    """$EDGEWRIGHT_ENVIRONMENTS, else `environments` in the cache folder: tools with a Python of their own."""
    from pathlib import Path

    own = os.environ.get("EDGEWRIGHT_ENVIRONMENTS")
    return Path(own).expanduser().absolute() if own else cache_folder() / ENVIRONMENTS


def versions(*packages: str) -> dict[str, str | None]:
    """The versions of packages that a result depends on, for its key; None of one that is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, str | None] = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def discard(folder: Path) -> None:
    """Take a folder out of sight in one step, then delete it, and what others could not; there may be none."""
    import contextlib
    import secrets
    import shutil

    trash = folder.with_name(f"{TRASH}{secrets.token_hex(8)}")
    with contextlib.suppress(FileNotFoundError):  # another process was faster
        folder.rename(trash)
        shutil.rmtree(trash)
    for left in folder.parent.glob(f"{TRASH}*"):
        shutil.rmtree(left, ignore_errors=True)


@dataclass(frozen=True)
class Cache:
    """A folder of results by key. A key is everything that a result depends on, as plain values ready for JSON.

    Files appear whole or not at all, so one that was being written when the process died is done again.
    """

    folder: Path

    def __post_init__(self) -> None:
        """Make the folder. Raises OutputError where that is impossible."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.folder}: cannot be made: {error.strerror}. Choose another folder") from error

    def path(self, key: Key, suffix: str) -> Path:
        """Where the file of a key belongs; `suffix` with its dot."""
        import hashlib
        import json

        text = json.dumps({"version": _VERSION, **key}, sort_keys=True)
        return self.folder / f"{hashlib.sha256(text.encode()).hexdigest()}{suffix}"

    def get(self, key: Key) -> Any | None:
        """Return what was put under the key; None where there is nothing, or nothing that can be read."""
        import json

        try:
            stored = json.loads(self.path(key, ".json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        return stored.get("result") if isinstance(stored, dict) else None

    def put(self, key: Key, result: Any) -> None:
        """Keep a result: plain values ready for JSON. The key is written beside it, for people who look."""
        import json

        from edgewright.files import write_atomic

        text = json.dumps({"key": dict(key), "result": result}, sort_keys=True)
        write_atomic(self.path(key, ".json"), text.encode(), overwrite=True)

    def remember(self, key: Key, work: Callable[[], Any]) -> Any:
        """Return what is kept under the key, or do the work and keep what it returns (None is not kept).

        This is for plain values; `file` and `remember_with_file` are for work that leaves a file.
        """
        known = self.get(key)
        if known is not None:
            return known
        result = work()
        self.put(key, result)
        return result

    def file(self, key: Key, suffix: str, make: Callable[[Path], object]) -> Path:
        """Return the file of a key; `make` is called with its path and writes it in one step, over what may be there.

        That is done again unless the file is, byte for byte, the one that was made.
        """
        path = self.path(key, suffix)

        def work() -> None:
            make(path)

        self.remember_with_file(path, {**key, "file": suffix}, work)
        return path

    def remember_with_file(self, path: Path, key: Key, work: Callable[[], Any]) -> Any:
        """Do as `remember` for work that may leave a file at `path`; what is kept holds while it is unchanged."""
        known = self.get(key)
        if isinstance(known, dict) and known.get("sha256", "?") == _sha256_of(path):
            return known.get("value")
        value = work()
        self.put(key, {"value": value, "sha256": _sha256_of(path)})
        return value


def _sha256_of(path: Path) -> str | None:
    """The SHA-256 of a file; None where there is none that can be read."""
    from edgewright.files import sha256_of

    try:
        return sha256_of(path)
    except OSError:
        return None
