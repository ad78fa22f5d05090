"""Which files a person means by names, folders and patterns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path


def find_files(names: Iterable[str], suffixes: Collection[str]) -> Iterator[Path]:
    """The files that `names` stand for: files as they are, all with one of the suffixes below folders, and patterns.

    Folders and patterns (`in/*.jpg`) give their files in alphabetical order; files whose name begins with a dot are
    passed over. A name that stands for nothing comes back as it is, so that reading it says what is wrong. `suffixes`
    are in lower case, with the dot.
    """
    for name in names:
        path = Path(name)
        if path.is_dir():
            yield from sorted(one for one in path.rglob("*") if _is_meant(one, suffixes))
        elif path.exists():
            yield path
        else:
            yield from _matching(name) or [path]


def _matching(pattern: str) -> list[Path]:
    import glob

    if not glob.has_magic(pattern):
        return []
    return sorted(map(Path, glob.glob(pattern, recursive=True)))  # noqa: PTH207 - relative and absolute


def _is_meant(path: Path, suffixes: Collection[str]) -> bool:
    return path.suffix.lower() in suffixes and not path.name.startswith(".") and path.is_file()
