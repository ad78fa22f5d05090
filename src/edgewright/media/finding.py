"""Which files a person means by names, folders and patterns."""

from __future__ import annotations

from collections import Counter
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


def left_out(names: Iterable[str], suffixes: Collection[str], instead: str) -> str | None:
    """What to say of files below the folders among `names` that `find_files` passes over: those with these suffixes.

    `suffixes` are of formats that are not read, `instead` those that are. None where there are no such files.
    """
    folders = [path for path in map(Path, names) if path.is_dir()]
    there = (path for folder in folders for path in folder.rglob("*") if _is_meant(path, suffixes))
    counts = Counter(path.suffix.lower() for path in there)
    if not counts:
        return None
    files = "1 file is" if counts.total() == 1 else f"{counts.total():,} files are"
    kinds = ", ".join(f"{count:,} {suffix}" for suffix, count in sorted(counts.items()))
    return f"{files} left out, in formats that are not read: {kinds}. Make {instead} of what is wanted"
