"""Writing a bundle: the same manifest, files and signature always give the same bytes."""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from edgewright.bundle import Entry, Manifest, archive
from edgewright.errors import BundleError
from edgewright.files import check_free, check_room, give_name

_CHUNK = 1 << 20

Content = Path | bytes
"""A file of a bundle: where it lies, or what is in it."""


def entry_of(path: str, content: Content) -> Entry:
    """The line of a manifest for a file that is to lie at `path` in a bundle. Raises `BundleError`."""
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(content):
        digest.update(chunk)
        size += len(chunk)
    return Entry(path, size, digest.hexdigest())


def write_bundle(
    path: Path, manifest: Manifest, files: Mapping[str, Content], signature: bytes = b"", *, overwrite: bool = False
) -> None:
    """Write a bundle whole, or leave everything as it was.

    `files` has the content of each file of the manifest, by its path in it; `signature` what `sign` made of
    `manifest.to_bytes()`, empty for none. Raises `BundleError` where a file is not what the manifest says, and
    `OutputError` where it cannot be written.
    """
    check_free(path, overwrite=overwrite)
    check_room(path, sum(archive.room(entry.size) for entry in manifest.files))
    target = path.resolve() if overwrite else path.absolute()  # where a link leads to may be another disk
    temporary = target.with_name(f".edgewright-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as stream:
            for chunk in _archive(manifest, files, signature):
                stream.write(chunk)
        give_name(temporary, path, overwrite=overwrite)
    finally:
        temporary.unlink(missing_ok=True)


def _archive(manifest: Manifest, files: Mapping[str, Content], signature: bytes) -> Iterator[bytes]:
    yield from _plain(archive.MANIFEST, manifest.to_bytes())
    if signature:
        yield from _plain(archive.SIGNATURE, signature)
    for entry in manifest.files:
        if entry.path not in files:
            raise BundleError(f"there is no file for {entry.path}")
        yield from _member(entry, files[entry.path])
    yield archive.END


def _plain(path: str, data: bytes) -> Iterator[bytes]:
    yield archive.header(path, len(data))
    yield data
    yield archive.padding(len(data))


def _member(entry: Entry, content: Content) -> Iterator[bytes]:
    yield archive.header(entry.path, entry.size)
    digest = hashlib.sha256()
    for chunk in _chunks(content):
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != entry.sha256:
        raise BundleError(f"the file for {entry.path} changed after its digest was taken", remedy="Make it once more")
    yield archive.padding(entry.size)


def _chunks(content: Content) -> Iterator[bytes]:
    with _opened(content) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _opened(content: Content) -> BinaryIO:
    if isinstance(content, bytes):
        return io.BytesIO(content)
    try:
        return content.open("rb")
    except OSError as error:
        raise BundleError(f"it cannot be read: {error.strerror}", where=str(content)) from None
