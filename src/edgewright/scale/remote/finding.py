"""What lies below an address of a store: names one by one, in S3 by pages of a thousand, elsewhere folder by folder.

`fsspec` has no pages: of another store than S3 a folder is one call, whose names are in memory together, and which has
to end within two minutes, as any call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from edgewright.errors import UsageError
from edgewright.report import printable
from edgewright.scale.remote.addresses import shown
from edgewright.scale.remote.store import Store
from edgewright.scale.remote.trying import tried

_MAGIC = re.compile(r"[*?\[]")


def is_pattern(address: str) -> bool:
    """Whether an address of a store has `*`, `?` or `[` in it."""
    return _MAGIC.search(address) is not None


def below(store: Store) -> Iterator[str]:
    """The addresses of all objects below a folder, in no order."""
    root = store.path.rstrip("/") + "/"
    return (_address(store, root, name) for name in _names(store, root, None))


def matching(store: Store) -> Iterator[str]:
    """The addresses that a pattern stands for, in no order; those whose name begins with a dot only if it says so.

    Raises `UsageError` for what is no pattern.
    """
    from fsspec.utils import glob_translate

    prefix = store.path[: _first_magic(store.path)]
    root = prefix[: prefix.rfind("/") + 1]
    try:
        fits = re.compile(glob_translate(store.path)).match
    except ValueError as problem:  # also re.error
        raise UsageError(f"{shown(store.address)}: no pattern: {printable(problem)}") from None
    hidden = store.path.rpartition("/")[2].startswith(".")
    depth = None if "**" in store.path else store.path[len(root) :].count("/") + 1
    for name in _names(store, prefix, depth):
        if fits(name) and (hidden or not name.rpartition("/")[2].startswith(".")):
            yield _address(store, root, name)


def _first_magic(text: str) -> int:
    found = _MAGIC.search(text)
    return len(text) if found is None else found.start()


def _address(store: Store, root: str, name: str) -> str:
    """The address of what is below `root`, in the words of the address that was given: its host stays in it."""
    given = store.address
    start = given[: _first_magic(given)]
    start = start[: start.rfind("/") + 1] if len(start) < len(given) else given.rstrip("/") + "/"
    return start + name[len(root) :]


def _names(store: Store, prefix: str, depth: int | None) -> Iterator[str]:
    """Paths that begin with `prefix`, at most `depth` folders below its last slash."""
    if "s3" in _protocols(store.files):
        return _pages(store, prefix, depth)
    return _folders(store, prefix, depth)


def _protocols(files: Any) -> tuple[str, ...]:
    return (files.protocol,) if isinstance(files.protocol, str) else tuple(files.protocol)


def _pages(store: Store, prefix: str, depth: int | None) -> Iterator[str]:
    """Keys of a bucket, a thousand at a time: fsspec itself would make one list of all."""
    bucket, _, key = prefix.partition("/")
    wanted: dict[str, Any] = {"Bucket": bucket, "Prefix": key} | ({"Delimiter": "/"} if depth == 1 else {})
    while True:
        page = tried(store.address, partial(_page, store.files, wanted), what="it cannot be listed")
        yield from (f"{bucket}/{item['Key']}" for item in page.get("Contents", ()) if not item["Key"].endswith("/"))
        if not page.get("IsTruncated"):
            return
        wanted["ContinuationToken"] = page["NextContinuationToken"]


def _page(files: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    page: dict[str, Any] = files.call_s3("list_objects_v2", **wanted)
    return page


def _folders(store: Store, prefix: str, depth: int | None) -> Iterator[str]:
    root = prefix[: prefix.rfind("/")] if "/" in prefix else ""
    waiting = [(root, 1)]
    while waiting:
        folder, level = waiting.pop()
        for item in tried(store.address, _listed(store, folder), what="it cannot be listed"):
            name = str(item["name"]).rstrip("/")
            if item["type"] == "directory" and name != folder:
                if depth is None or level < depth:
                    waiting.append((name, level + 1))
            elif item["type"] == "file" and name.startswith(prefix):
                yield name


def _listed(store: Store, folder: str) -> Callable[[], list[dict[str, Any]]]:
    def ask() -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = store.files.ls(folder, detail=True)
        except FileNotFoundError:  # it went away, or a pattern stands below nothing
            return []
        return found

    return ask
