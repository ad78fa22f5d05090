"""Which files a person means by names, folders and patterns."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain
from pathlib import Path

Unreadable = Callable[[OSError], object]
"""Is told of a folder that cannot be read, and may raise."""

_ANY_FOLDER = re.compile(r"\*\*([/\\]\*\*)*")


def find_files(names: Iterable[str], suffixes: Collection[str]) -> Iterator[Path]:
    """The files that `names` stand for: files as they are, all with one of the suffixes below folders, and patterns.

    Folders and patterns (`in/*.jpg`) give their files in alphabetical order; files whose name begins with a dot are
    passed over. A name that stands for nothing comes back as it is, so that reading it says what is wrong. `suffixes`
    are in lower case, with the dot.
    """
    for name in names:
        path = Path(name)
        if path.is_dir():
            yield from sorted(map(Path, walk_files(path, suffixes)))
        elif path.exists():
            yield path
        else:
            yield from sorted(map(Path, matching_files(name))) or [path]


def _passed_over(_: OSError) -> None:
    return


def walk_files(
    folder: str | os.PathLike[str], suffixes: Collection[str], unreadable: Unreadable = _passed_over
) -> Iterator[str]:
    """The files below a folder with one of the suffixes, one by one as the system has them, in no order.

    Links to other folders are not followed; folders that cannot be read are passed over, once `unreadable` was told.
    """
    waiting = [os.fspath(Path(folder))]
    while waiting:
        below = waiting.pop()
        for item in _items(below, unreadable):
            if item.is_dir(follow_symlinks=False):
                waiting.append(_joined(below, item.name))
            elif is_meant(item.name, suffixes) and item.is_file():
                yield _joined(below, item.name)


def matching_files(pattern: str, unreadable: Unreadable = _passed_over) -> Iterator[str]:
    """What a pattern (`in/*.jpg`) stands for, one by one in no order; nothing where it is no pattern.

    As `glob` has it, without a list of all that lies in a folder. `unreadable` as for `walk_files`.
    """
    if not glob.has_magic(pattern):
        return iter(())
    folder, last = os.path.split(pattern)
    if last == "**" or not glob.has_magic(last):
        return glob.iglob(pattern, recursive=True)  # noqa: PTH207 - relative and absolute
    return chain.from_iterable(_in_folder(path, last, unreadable) for path in _folders(folder))


def _folders(pattern: str) -> Iterator[str]:
    if not glob.has_magic(pattern):
        return iter([pattern])
    found = glob.iglob(os.path.join(pattern, ""), recursive=True)  # noqa: PTH118, PTH207 - with its last separator
    return chain([""], found) if _ANY_FOLDER.fullmatch(pattern) else found


def _in_folder(folder: str, pattern: str, unreadable: Unreadable) -> Iterator[str]:
    matches, hidden = fnmatch.filter, pattern.startswith(".")
    for item in _items(folder or os.curdir, unreadable):
        if (hidden or not item.name.startswith(".")) and matches([item.name], pattern):
            yield _joined(folder, item.name)


def _items(folder: str, unreadable: Unreadable) -> Iterator[os.DirEntry[str]]:
    try:
        there = os.scandir(folder)
    except OSError as problem:
        unreadable(problem)
        return
    with there:
        yield from there


def _joined(folder: str, name: str) -> str:
    return name if folder == os.curdir else os.path.join(folder, name)  # noqa: PTH118 - a path takes longer to make


def is_meant(name: str, suffixes: Collection[str]) -> bool:
    """Whether a file of this name, without its folder, is one of those that are looked for."""
    return os.path.splitext(name)[1].lower() in suffixes and not name.startswith(".")  # noqa: PTH122


def left_out(names: Iterable[str], suffixes: Collection[str], instead: str) -> str | None:
    """What to say of files below the folders among `names` that `find_files` passes over: those with these suffixes.

    `suffixes` are of formats that are not read, `instead` those that are. None where there are no such files.
    """
    folders = [path for path in map(Path, names) if path.is_dir()]
    there = chain.from_iterable(walk_files(folder, suffixes) for folder in folders)
    counts = Counter(os.path.splitext(path)[1].lower() for path in there)  # noqa: PTH122
    if not counts:
        return None
    files = "1 file is" if counts.total() == 1 else f"{counts.total():,} files are"
    kinds = ", ".join(f"{count:,} {suffix}" for suffix, count in sorted(counts.items()))
    return f"{files} left out, in formats that are not read: {kinds}. Make {instead} of what is wanted"
