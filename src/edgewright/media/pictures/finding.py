"""Which pictures a person means by files, folders and patterns."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path

from edgewright.media.pictures.formats import SUFFIXES


def find_pictures(names: Iterable[str]) -> Iterator[Path]:
    """The pictures that `names` stand for: files as they are, all pictures below folders, and patterns (`in/*.jpg`).

    Folders and patterns give their pictures in alphabetical order; files whose name begins with a dot are passed over.
    A name that stands for nothing comes back as it is, so that reading it says what is wrong.
    """
    for name in names:
        path = Path(name)
        if path.is_dir():
            yield from sorted(one for one in path.rglob("*") if _is_picture(one))
        elif not path.exists() and glob.has_magic(name):
            yield from sorted(map(Path, glob.glob(name, recursive=True))) or [path]  # noqa: PTH207 - relative and absolute
        else:
            yield path


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
