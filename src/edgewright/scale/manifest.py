"""The folder of a run: which inputs it has, in which pieces, and with which model; made once, then only read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

from edgewright.documents import MOST_VALUES, json_text, parse_json
from edgewright.errors import DataError, OutputError, UsageError
from edgewright.files import give_name, write_atomic
from edgewright.machine import Progress, silent
from edgewright.report import printable
from edgewright.scale.entry import Entry
from edgewright.scale.listing.stored import INDEX, LISTING, MANIFEST, Listing, damaged, reading
from edgewright.scale.listing.words import list_inputs
from edgewright.scale.listing.workplace import listing_into
from edgewright.scale.remote.addresses import scheme_of, shown
from edgewright.scale.work import Work
from edgewright.task import InputKind

PIECE = 1000
"""Inputs in a piece, where nothing else is said and there are many."""
FORMS = ("jsonl", "parquet")
"""How results are written."""

# Of fewer inputs pieces are smaller, so that each share has some and all end at about the same time.
_PIECES_EACH, _LEAST_PIECE = 4, 10
_VERSION = 1
_MOST_BYTES = 64 << 20
# Beside the words a manifest has few values, in few bytes.
_MOST_WORDS, _MOST_WORDS_BYTES = MOST_VALUES - 1000, _MOST_BYTES - (1 << 20)
_EVERY = 10_000


def piece_for(count: int, shares: int) -> int:
    """How many of so many inputs are a piece, where nobody says it and they are for so many shares."""
    return PIECE if shares == 1 else min(PIECE, max(_LEAST_PIECE, -(-count // (shares * _PIECES_EACH))))


@dataclass(frozen=True)
class Manifest:
    """Which inputs a run has, and what is done with them.

    `count` inputs, in order, are cut into pieces of `piece`; `words` and `column` are what the listing was made of;
    `model` is the name of the file and `model_sha256` its digest; `options` and `limit` are those of the work; results
    are written as `form`. `size` is that of the listing in bytes, `digest` the SHA-256 of its index, which has those
    of all pieces. `relative_to` is the folder that relative names of inputs begin in; None where there are none.
    """

    folder: Path = field(compare=False)
    count: int
    piece: int
    words: tuple[str, ...]
    model: str
    model_sha256: str
    options: Mapping[str, Any]
    limit: int | None
    form: str
    size: int
    digest: str
    column: str | None = None
    relative_to: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no run has. Raises `DataError`."""
        if self.form not in FORMS:
            raise damaged(self.folder, f"results of the form {self.form!r}")
        self._listing.check_numbers()

    @property
    def pieces(self) -> int:
        """How many pieces there are."""
        return self._listing.pieces

    def first(self, piece: int) -> int:
        """The index of a piece's first input."""
        return piece * self.piece

    def length(self, piece: int) -> int:
        """How many inputs a piece has; the last one may have fewer."""
        return self._listing.length(piece)

    def entries(self, piece: int) -> list[Entry]:
        """The inputs of a piece. Raises `DataError` where the listing is not the one that was made."""
        return self._listing.entries(piece)

    def spread(self, count: int) -> list[tuple[int, Entry]]:
        """At most so many inputs with their numbers, evenly spread over all. Raises as `entries` does."""
        last = max(1, min(count, self.count) - 1)
        numbers = sorted({round(place * (self.count - 1) / last) for place in range(last + 1)})
        return [(number, self.entry(number)) for number in numbers]

    def entry(self, number: int) -> Entry:
        """The input of that number. Raises as `entries` does."""
        return self.entries(number // self.piece)[number % self.piece]

    @property
    def _listing(self) -> Listing:
        return Listing(self.folder, self.count, self.piece, self.size, self.digest)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read the manifest of a folder. Raises `DataError` where there is none, or it or the listing is damaged."""
        manifest = cls._read(folder)
        manifest._listing.check()
        return manifest

    @classmethod
    def _read(cls, folder: Path) -> Self:
        path = folder / MANIFEST
        if not path.is_file():
            raise DataError(f"{printable(folder)}: there is no {MANIFEST} in it, so it is no folder of a run")
        with reading(folder):
            data = path.read_bytes() if path.stat().st_size <= _MOST_BYTES else b""
        try:
            content = parse_json(data, most_bytes=_MOST_BYTES)
        except ValueError as problem:
            raise damaged(folder, f"{MANIFEST} is no JSON ({printable(problem)})") from None
        if isinstance(content, dict) and isinstance(content.get("version"), int) and content["version"] > _VERSION:
            raise DataError(f"{printable(folder)}: a newer Edgewright made it. Update this one")
        return cls._of(folder, content)

    @classmethod
    def _of(cls, folder: Path, content: Any) -> Self:
        match content:
            case {
                "version": 1, "count": int(count), "piece": int(piece), "inputs": [*words], "column": column,
                "model": {"name": str(model), "sha256": str(sha256)}, "options": dict(options), "limit": limit,
                "form": str(form), "listing": {"bytes": int(size), "sha256": str(digest)},
            } if _are_texts(words) and isinstance(column, str | None) and isinstance(limit, int | None):  # fmt: skip
                begin = content.get("relative_to")
                return cls(
                    folder, count, piece, tuple(words), model, sha256, dict(options), limit, form, size, digest, column,
                    begin if isinstance(begin, str) else None,
                )  # fmt: skip
        raise damaged(folder, f"{MANIFEST} has not what a run has")

    def _document(self) -> bytes:
        content = {
            "version": _VERSION,
            "count": self.count,
            "piece": self.piece,
            "inputs": self.words,
            "column": self.column,
            "relative_to": self.relative_to,
            "model": {"name": self.model, "sha256": self.model_sha256},
            "options": self.options,
            "limit": self.limit,
            "form": self.form,
            "listing": {"bytes": self.size, "sha256": self.digest},
        }
        return f"{json_text(content, indent=1)}\n".encode("utf-8", "surrogatepass")

    @classmethod
    def make(
        cls,
        folder: Path,
        words: Sequence[str],
        work: Work,
        *,
        form: str = FORMS[0],
        piece: int | None = None,
        shares: int = 1,
        column: str | None = None,
        progress: Progress = silent,
    ) -> Self:
        """List the inputs into a folder, or open what was listed there before.

        Whoever comes first lists, others on the same file system wait. `piece`: inputs in a piece; where it is None
        those of the folder, or 1,000, fewer where each of so many `shares` would get less than four pieces; `column` is
        that of tables. Raises `UsageError` where the folder was made for another
        model, other inputs or options, `DataError` where there are no inputs or they cannot be listed, and
        `OutputError` where nothing can be written.
        """
        wanted = _Wanted(tuple(words), work, form, piece, shares, column)
        _check_number(wanted.words)
        with listing_into(folder, progress) as workplace:
            if workplace is not None:
                _list(cls, folder, workplace, wanted, progress)
        manifest = cls.open(folder)
        _check_same(manifest, wanted)
        return manifest


class _Wanted(NamedTuple):
    """What a run is to be of."""

    words: tuple[str, ...]
    work: Work
    form: str
    piece: int | None
    shares: int
    column: str | None

    def relative_to(self) -> str | None:
        """The folder that names begin in which are relative; None where none is, as texts are not."""
        if getattr(self.work.takes(), "suffixes", None) is None:
            return None
        paths = (word.removeprefix("@") for word in self.words)
        is_relative = any(scheme_of(path) is None and not Path(path).is_absolute() for path in paths)
        return str(Path.cwd()) if is_relative else None


def _check_number(words: tuple[str, ...]) -> None:
    """Refuse words that a manifest cannot hold. Raises `UsageError`."""
    size = len(json_text(words, indent=1).encode("utf-8", "surrogatepass"))
    if len(words) > _MOST_WORDS or size > _MOST_WORDS_BYTES:
        raise UsageError(
            f"{len(words):,} names are too many to be given one by one. Write them into a file, one a line, and give "
            "@names.txt"
        )


def _check_same(manifest: Manifest, wanted: _Wanted) -> None:
    work = wanted.work
    options = json.loads(json_text(dict(work.options)))
    compared: dict[str, tuple[Any, Any]] = {
        "inputs": (manifest.words, wanted.words),
        "the column": (manifest.column, wanted.column),
        "the model": (_model(manifest.model, manifest.model_sha256), _model(work.name, work.sha256)),
        "options": (manifest.options, options),
        "how much of each result": (manifest.limit, work.limit),
        "the form of results": (manifest.form, wanted.form),
        "inputs in a piece": (manifest.piece, wanted.piece or manifest.piece),
    }
    if manifest.model_sha256 == work.sha256:
        del compared["the model"]
    if manifest.relative_to is not None:
        compared["the folder that relative names begin in"] = (manifest.relative_to, wanted.relative_to())
    for what, (there, asked) in compared.items():
        if there != asked:
            raise UsageError(
                f"it was made for other work: {what}: {_said(there)} there, {_said(asked)} now",
                where=printable(manifest.folder),
                remedy="Give another folder for the results, or go on with what was asked for before",
            )


def _model(name: str, sha256: str) -> str:
    return f"{name} (SHA-256 {sha256[:12]}…)"


def _said(value: Any) -> str:
    if isinstance(value, tuple):  # words, which may be addresses
        value = list(map(shown, value))
    text = value if isinstance(value, str) else json_text(value)
    return printable(text if len(text) <= 200 else f"{text[:200]}…")


def _list(kind: type[Manifest], folder: Path, workplace: Path, wanted: _Wanted, progress: Progress) -> None:
    """List into a folder of its own, then give the files their names, the manifest last."""
    manifest = _written(kind, folder, workplace, wanted, progress)
    if not (folder / MANIFEST).exists():  # where there are no locks, somebody may have been faster
        _commit(manifest, workplace)


def _commit(manifest: Manifest, workplace: Path) -> None:
    """Make a listing that of the folder, unless another one is by now: the first manifest stays."""
    folder, listing = manifest.folder, manifest._listing
    for name in (LISTING, INDEX):
        give_name(workplace / name, folder / listing.named(name), overwrite=True)
    try:
        write_atomic(folder / MANIFEST, manifest._document(), overwrite=False)
    except OutputError:
        if not (folder / MANIFEST).exists():
            raise
        if Manifest.open(folder).digest != manifest.digest:
            for name in (LISTING, INDEX):
                (folder / listing.named(name)).unlink(missing_ok=True)


def _written(kind: type[Manifest], folder: Path, workplace: Path, wanted: _Wanted, progress: Progress) -> Manifest:
    work = wanted.work
    takes = work.takes()
    entries = list_inputs(wanted.words, takes, wanted.column, scratch=workplace)
    listing = Listing.write(workplace, _counted(entries, progress), wanted.piece or PIECE)
    if not listing.count:
        raise nothing_in(wanted.words, takes)
    if wanted.piece is None:
        listing = listing.cut_again(piece_for(listing.count, wanted.shares))
    options = json.loads(json_text(dict(work.options)))
    return kind(
        folder, listing.count, listing.piece, wanted.words, work.name, work.sha256, options, work.limit, wanted.form,
        listing.size, listing.digest, wanted.column, wanted.relative_to(),
    )  # fmt: skip


def nothing_in(words: Sequence[str], takes: InputKind) -> DataError:
    """What to say where there are no inputs, with what was passed over where the kind knows that."""
    asked = getattr(takes, "left_out", None)
    passed_over = asked([word for word in words if scheme_of(word) is None]) if asked is not None else None
    also = f"; {passed_over}" if passed_over else ". Archives and tables in a folder are named: FOLDER/*.tar"
    return DataError(f"{printable(', '.join(map(shown, words)))}: no {takes.plural} in there{also}")


def _counted(entries: Iterator[Entry], progress: Progress) -> Iterator[Entry]:
    count = 0
    for count, entry in enumerate(entries, 1):
        if count % _EVERY == 0:
            progress("listing", count, 0)
        yield entry
    progress("listing", count, count)


def _are_texts(words: list[Any]) -> bool:
    return all(isinstance(word, str) for word in words)
