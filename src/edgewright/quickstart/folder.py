"""The output folder: filled beside its place, and put there when all of it is done."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgewright.errors import OutputError
from edgewright.files import replace_folder
from edgewright.spelling import argument


@contextmanager
def staged(folder: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give an empty folder to work in; at the end of the block its content is moved to `folder`.

    If the block fails, or is stopped with Ctrl-C, nothing arrives and what was there stays. With `overwrite`, what is
    in `folder` under the same names is replaced and everything else there is left alone.
    Raises `OutputError` where `folder` has content already, or cannot be written.
    """
    _check(folder, overwrite)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
            yield Path(temporary)
            _move(Path(temporary), folder)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from error


def _check(folder: Path, overwrite: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: this is a file; name a folder with {argument('out')}")
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        another = f"Name another one with {argument('out')}, or add {argument('overwrite', True)}"
        raise OutputError(f"{folder}: the folder has content already. {another}")


def _move(temporary: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for item in sorted(temporary.iterdir()):
        target = folder / item.name
        if target.is_dir() and not target.is_symlink():
            replace_folder(item, target)
        else:
            item.replace(target)
