"""Which inputs a person means by words: files, folders, patterns, lists, tables, archives and addresses."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from edgewright.errors import DataError, UsageError
from edgewright.media import is_meant, matching_files, one_line, walk_files
from edgewright.mistaken import meant
from edgewright.scale.entry import Entry
from edgewright.scale.listing.sorting import sorted_names
from edgewright.scale.listing.tables import TABLES, Named, list_names, table_names
from edgewright.scale.listing.tars import TARS, refuse_packed, tar_entries
from edgewright.scale.remote.addresses import check_address, is_web, scheme_of, shown, suffix_of
from edgewright.scale.remote.finding import below, is_pattern, matching
from edgewright.scale.remote.places import place_of
from edgewright.scale.remote.store import Store
from edgewright.scale.remote.stream import StoredFile
from edgewright.task import InputKind


def list_inputs(
    words: Sequence[str],
    takes: InputKind,
    column: str | None = None,
    *,
    ordered: bool = True,
    scratch: Path | None = None,
) -> Iterator[Entry]:
    """The inputs that the words stand for, in the order of the words; at most 100,000 names are in memory.

    A word is a file, a folder or a pattern, of this machine or of a store (`s3://…`), whose files come in alphabetical
    order, as `edgewright run` has them; an address of http or https; `@names.txt`, a list with a path in each line;
    a table (.csv, .tsv, .parquet) with a `column` of paths, unless tables are themselves what the model takes; or a
    .tar of WebDataset. Paths in lists and tables are relative to those. A file among others that is not there is an
    input all the same: reading it says so. More names than are kept in memory are sorted in a folder in `scratch`, or
    the system's. Where nothing has to be `ordered`, files come as the system has them, the first at once.

    Raises `UsageError` for words that cannot be given to many machines, `MissingExtraError` for packages that are not
    here, and `DataError` for what cannot be listed.
    """
    suffixes = getattr(takes, "suffixes", None)
    if suffixes is None:  # texts, and kinds of inputs of other packages
        return (Entry(str(text)) for text in takes.find(words))
    return _listed(words, _Asked(frozenset(suffixes), column, ordered, scratch, len(words) == 1))


def _listed(words: Sequence[str], asked: _Asked) -> Iterator[Entry]:
    for word in words:
        try:
            yield from asked.by_word(word)
        except OSError as problem:  # a name too long for the file system, a disk that goes away
            raise DataError(f"{shown(word)}: it cannot be listed ({one_line(problem.strerror)})") from None


class _Asked(NamedTuple):
    """What is looked for: files with these suffixes, and in tables this column; `ordered`, with `scratch`, or not.

    `is_only`: there is one word alone, which then has to stand for something.
    """

    suffixes: frozenset[str]
    column: str | None
    ordered: bool
    scratch: Path | None
    is_only: bool

    def by_word(self, word: str) -> Iterable[Entry]:
        if word == "-":
            raise UsageError("- is standard input, which only one process can read. Give files")
        if word.startswith("@") and not os.path.exists(word):  # noqa: PTH110
            return self._in_list(word[1:])
        if scheme_of(word) is not None:
            return self._at(word)
        path = Path(word)
        if path.is_dir():
            return map(Entry, self._in_order(walk_files(path, self.suffixes, _refuse_unreadable)))
        if path.exists():
            return self._file(str(path))
        if "::" in word:
            check_address(word)
        return self._all(
            self._in_order(str(Path(name)) for name in matching_files(word, _refuse_unreadable)), str(path)
        )

    def _at(self, address: str) -> Iterable[Entry]:
        """What an address stands for; one of the web is one input, a table or an archive."""
        check_address(address)
        if is_web(address):
            return self._file(address)
        store = Store.of(address)
        if is_pattern(store.path):
            return self._all(self._in_order(matching(store), "/"), address)
        found = store.info()
        if found is None:
            return self._nothing_at(address)
        if found.get("type") != "directory":
            return self._file(address)
        names = (name for name in below(store) if is_meant(name.rpartition("/")[2], self.suffixes))
        return map(Entry, self._in_order(names, "/"))

    def _in_order(self, names: Iterable[str], separator: str = os.sep) -> Iterator[str]:
        return sorted_names(names, separator, scratch=self.scratch) if self.ordered else iter(names)

    def _all(self, names: Iterable[str], word: str) -> Iterator[Entry]:
        """The inputs in files that a pattern stands for."""
        name = None
        for name in names:
            yield from self._file(name)
        if name is None:
            yield from self._nothing_at(word)

    def _nothing_at(self, word: str) -> Iterable[Entry]:
        """The word as an input among others: reading it says what is wrong.

        Raises `DataError` for the only word: what is there tomorrow would never be looked at.
        """
        if self.is_only:
            near = meant(Path(word)) if scheme_of(word) is None else ""
            raise DataError(f"{shown(word)}: no such file, folder or pattern{near}")
        return self._file(word)

    def _file(self, name: str) -> Iterable[Entry]:
        """The inputs in a file: itself, unless it is an archive or a table."""
        suffix = suffix_of(name)
        refuse_packed(name, shown(name))
        if suffix in TARS:
            return _in_tar(name, self.suffixes)
        if suffix in TABLES - self.suffixes:
            return self._in_table(name, suffix)
        return (Entry(name),)

    def _in_table(self, name: str, suffix: str) -> Iterator[Entry]:
        with _opened(name) as (file, _):
            for named in table_names(file, suffix, shown(name), self.column):
                yield _beside(name, named)

    def _in_list(self, name: str) -> Iterator[Entry]:
        if scheme_of(name) is not None:
            check_address(name)
        with _opened(name) as (file, _):
            for named in list_names(file, shown(name)):
                yield _beside(name, named)


def _refuse_unreadable(problem: OSError) -> None:
    """A folder that cannot be read: what lies in it would be missed for good. One that went away has nothing."""
    if problem.errno not in (errno.ENOENT, errno.ENOTDIR):
        raise DataError(
            f"the folder cannot be read ({problem.strerror}), and what lies in it would have no rows",
            where=one_line(problem.filename),
            remedy="Make it readable, or name those that are wanted",
        ) from None


def _in_tar(name: str, suffixes: frozenset[str]) -> Iterator[Entry]:
    with _opened(name) as (file, size):
        yield from tar_entries(file, size, name, shown(name), suffixes)


def _beside(listed_in: str, named: Named) -> Entry:
    """An input that a list or table names: an address, or a path relative to where that lies."""
    name = named.text
    if "://" in name:
        try:
            check_address(name)
        except UsageError as error:
            raise UsageError(f"{shown(listed_in)}: {named.place}: {error}") from None
    if scheme_of(name) is not None:
        return Entry(name)
    if scheme_of(listed_in) is not None:
        start = listed_in.partition("?")[0] if is_web(listed_in) else listed_in
        return Entry(f"{start.rpartition('/')[0]}/{name}")
    return Entry(str(Path(listed_in).parent / name))


@contextmanager
def _opened(name: str) -> Iterator[tuple[IO[bytes], int]]:
    """A file of this machine, a store or the web, and its size. Raises `DataError`."""
    if is_web(name) and suffix_of(name) not in TARS:  # not every server gives parts
        content = place_of(name).read_all()
        yield io.BytesIO(content), len(content)
    elif scheme_of(name) is not None:
        stored = StoredFile(place_of(name))
        yield io.BufferedReader(stored), stored.size
    else:
        with _local(name) as file:
            yield file, os.fstat(file.fileno()).st_size


def _local(name: str) -> IO[bytes]:
    try:
        return Path(name).open("rb")
    except FileNotFoundError:
        raise DataError(f"{one_line(name)}: no such file{meant(Path(name))}") from None
    except OSError as problem:
        raise DataError(f"{one_line(name)}: cannot be read ({problem.strerror})") from None
