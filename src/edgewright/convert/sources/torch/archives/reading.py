"""Opens an archive of PyTorch: which kind it is, and its members by their names without the folder around them."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from edgewright.errors import ConversionError
from edgewright.zips import open_zip

Kind = Literal["program", "old program", "script", "pickle"]

# A file for each weight, and the bytes of the largest model that a file of LiteRT can hold, several times over.
_MOST_MEMBERS, _MOST_BYTES = 200_000, 16 << 30
_MOST_TEXT, _MOST_NOTE = 256 << 20, 1 << 20

# What tells the kinds apart: the member that no other kind has.
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("archive_format", "program"),
    ("models/model.json", "program"),
    ("serialized_exported_program.json", "old program"),
    ("constants.pkl", "script"),
    ("data.pkl", "pickle"),
)


def kind_of(path: object) -> Kind | None:
    """Which kind of PyTorch's archives a path is; None for all else. Reads the directory of the archive only."""
    if not isinstance(path, Path) or not path.is_file() or not zipfile.is_zipfile(path):
        return None
    try:
        with open_zip(path, members=_MOST_MEMBERS, total=1 << 62) as archive:
            names = {_inner(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, OSError):
        return "program" if path.suffix == ".pt2" else None
    return next((kind for name, kind in _KINDS if name in names), None)


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive at a path. Raises `ConversionError` for one that is damaged, a bomb, or has names of other places."""
    name = str(path)
    try:
        with open_zip(path, members=_MOST_MEMBERS, total=_MOST_BYTES) as archive:
            yield Archive(archive, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise ConversionError(f"a damaged archive of PyTorch: {error}", where=name) from error


class Archive:
    """An archive that is open; members go by their names without the folder that PyTorch puts around all of them."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        """Raise `ConversionError` for names that PyTorch does not write, and for two members of one name."""
        self._archive = archive
        self.name = name
        self.members: dict[str, zipfile.ZipInfo] = {}
        for member in archive.infolist():
            if not _is_plain(member.filename) or _inner(member.filename) in self.members:
                said = f"a member is called {member.filename[:100]!r}, as PyTorch calls none. Nothing was loaded"
                raise ConversionError(said, where=name)
            self.members[_inner(member.filename)] = member

    def read(self, name: str) -> bytes:
        """A member that is text or a pickle. Raises `ConversionError` where it is missing, or too large for one."""
        member = self.members.get(name)
        if member is None:
            raise ConversionError(f"a damaged archive of PyTorch: {name} is missing", where=self.name)
        if member.file_size > _MOST_TEXT:
            said = f"{name} has {member.file_size:,} bytes; at most {_MOST_TEXT:,} are read"
            raise ConversionError(said, where=self.name)
        with self._unpacking():
            return self._archive.read(member)

    def notes(self) -> dict[str, str]:
        """The texts that were saved along with the model, by their names."""
        extra = [name for name, member in self.members.items() if name.startswith("extra/") and _is_note(member)]
        return {name.removeprefix("extra/"): self.read(name).decode("utf-8", "replace") for name in extra}

    def copy(self, target: Path, keep: Callable[[str], bool], instead: Mapping[str, bytes] = {}) -> Path:
        """Write what is to be kept as a new archive, with other contents for the members in `instead`."""
        with zipfile.ZipFile(target, "w") as fresh:
            for name, member in self.members.items():
                path = f"model/{name}"
                if name in instead:
                    fresh.writestr(path, instead[name])
                elif keep(name):
                    self._write(member, fresh, path)
        return target

    def _write(self, member: zipfile.ZipInfo, fresh: zipfile.ZipFile, path: str) -> None:
        with (
            self._unpacking(),
            self._archive.open(member) as source,
            fresh.open(path, "w", force_zip64=True) as copy,
        ):
            shutil.copyfileobj(source, copy, 1 << 20)

    @contextmanager
    def _unpacking(self) -> Iterator[None]:
        """Say in one line that members are encrypted, or packed in a way that PyTorch packs none."""
        try:
            yield
        except RuntimeError as error:
            raise ConversionError(f"a damaged archive of PyTorch: {error}", where=self.name) from error


def _is_note(member: zipfile.ZipInfo) -> bool:
    return member.file_size <= _MOST_NOTE


def _is_plain(name: str) -> bool:
    """Whether a name stays inside of the archive's own folder; PyTorch writes no others."""
    parts = name.split("/")
    return len(parts) > 1 and all(part not in ("", ".", "..") for part in parts) and "\\" not in name


def _inner(name: str) -> str:
    return name.partition("/")[2]
