"""Opening a bundle: its manifest first, of that the signature, and only then anything else, as the manifest says."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from edgewright.bundle import archive
from edgewright.bundle import manifest as manifests
from edgewright.bundle import signature as signatures
from edgewright.bundle.manifest import Entry, Manifest
from edgewright.bundle.store import sync_folder
from edgewright.bundle.trusted import ALLOWED_SIGNERS, MOST_TRUSTED_BYTES, TrustedKey, trusted_in
from edgewright.errors import BundleError, SignatureError

_CHUNK = 1 << 20
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class Opened:
    """A bundle whose manifest is what its maker wrote. A context manager that closes the file.

    `signer` is the trusted key that signed it, None where it is taken unsigned. `signature` is the file `.sig` in it.
    """

    path: Path
    manifest: Manifest
    signature: bytes = field(repr=False)
    signer: TrustedKey | None
    _stream: BinaryIO = field(repr=False)
    _start: int = field(repr=False)

    def unpack(self, folder: Path) -> None:
        """Write its files into a new folder, with its manifest and signature; each is on the disk when this returns.

        Raises `BundleError` where a file is not what the manifest says, or the folder exists already or cannot be
        written. Then there is no folder.
        """
        try:
            folder.mkdir(mode=0o755)
        except OSError as error:
            raise BundleError(f"it cannot be made: {error.strerror}", where=str(folder)) from None
        try:
            self._unpack_into(folder)
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError):
                raise _in_words(error, folder) from None
            raise

    def trusted(self) -> tuple[TrustedKey, ...]:
        """The keys in it that are to be trusted once it is healthy; none where it brings none. Raises `BundleError`."""
        position = self._start
        for entry in self.manifest.files:
            if entry.path == ALLOWED_SIGNERS:
                self._stream.seek(position)
                if entry.size > MOST_TRUSTED_BYTES:
                    raise BundleError(f"it has {entry.size:,} bytes of trusted keys", where=str(self.path))
                return trusted_in(b"".join(self._content(entry)))
            position += archive.room(entry.size)
        return ()

    def close(self) -> None:
        """Close its file."""
        self._stream.close()

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def _unpack_into(self, folder: Path) -> None:
        self._stream.seek(self._start)
        folders = {folder}
        for entry in self.manifest.files:
            place = folder / entry.path
            place.parent.mkdir(parents=True, exist_ok=True)
            folders |= {folder / above for above in Path(entry.path).parents}
            _write(place, self._content(entry))
        _write(folder / archive.MANIFEST, [self.manifest.to_bytes()])
        if self.signature:
            _write(folder / archive.SIGNATURE, [self.signature])
        for made in (*folders, folder.parent):
            with contextlib.suppress(PermissionError):
                sync_folder(made)

    def _content(self, entry: Entry) -> Iterator[bytes]:
        """The bytes of a member, at which the stream stands; raises `BundleError` behind them if they are others."""
        _expect_header(self._stream, entry.path, entry.size)
        digest = hashlib.sha256()
        for size in _sizes(entry.size):
            chunk = _exactly(self._stream, size)
            digest.update(chunk)
            yield chunk
        _expect_padding(self._stream, entry.size)
        if digest.hexdigest() != entry.sha256:
            raise BundleError(f"{entry.path} in it is not what its manifest says", where=str(self.path))


def open_bundle(
    path: Path,
    trusted: Sequence[TrustedKey],
    *,
    digest: str | None = None,
    unsigned: bool = False,
    at: float | None = None,
) -> Opened:
    """Open a bundle and verify its signature, before anything but its manifest is read.

    Where keys are trusted, one of them has to have signed it. Where none is, the bundle is taken only if `digest` is
    that of its manifest (in hexadecimal), as somebody says who came here by a safe way, or if `unsigned` is allowed.
    `at`: what time it is, in seconds since 1970; the clock's, if not said.

    Raises `SignatureError` where it is not to be taken, and `BundleError` where it is damaged.
    """
    stream = _open(path)
    try:
        found = _read_manifest(stream)
        signature = _read_signature(stream)
        signer = _allowed(found, signature, trusted, digest, unsigned, time.time() if at is None else at)
        manifest = Manifest.from_bytes(found)
        start = stream.tell()
        _check_length(stream, start, manifest)
        return Opened(path, manifest, signature, signer, stream, start)
    except BaseException as error:
        stream.close()
        if isinstance(error, OSError):
            raise BundleError(f"it cannot be read: {error.strerror}", where=str(path)) from None
        if isinstance(error, BundleError) and not error.where:
            raise type(error)(error.message, where=str(path), remedy=error.remedy) from None
        raise


def _open(path: Path) -> BinaryIO:
    """Open a plain file; a pipe would make whoever reads it wait."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise BundleError(f"it cannot be read: {error.strerror}", where=str(path)) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BundleError("it is no file", where=str(path))
    return os.fdopen(descriptor, "rb")


def _allowed(
    manifest: bytes, signature: bytes, trusted: Sequence[TrustedKey], digest: str | None, unsigned: bool, at: float
) -> TrustedKey | None:
    """Who signed it, None where it may be taken without; raises `SignatureError` where it may not be taken."""
    named = digest is not None and digest == hashlib.sha256(manifest).hexdigest()
    if digest is not None and not named:
        raise SignatureError("it is another one than was announced")
    if trusted:
        if not signature:
            raise SignatureError("it is not signed, and here keys are trusted", remedy="Sign it with one of them")
        return signatures.verify(manifest, signature, trusted, at=at)
    if not named and not unsigned:
        raise SignatureError(
            "no key is trusted here, so nobody can tell who made it",
            remedy="Trust a key first (device.pyz trust), or allow it unsigned",
        )
    return None


def _read_manifest(stream: BinaryIO) -> bytes:
    return _member(stream, archive.MANIFEST, manifests.MOST_BYTES)


def _read_signature(stream: BinaryIO) -> bytes:
    """The signature, if that is the next member; b"" else, and the stream stands where it stood."""
    position = stream.tell()
    block = stream.read(archive.BLOCK)
    stream.seek(position)
    if not block.startswith(archive.SIGNATURE.encode() + b"\0"):
        return b""
    return _member(stream, archive.SIGNATURE, signatures.MOST_BYTES)


def _member(stream: BinaryIO, path: str, most: int) -> bytes:
    block = _exactly(stream, archive.BLOCK)
    size = archive.size_in(block)
    if block != archive.header(path, size):
        raise BundleError(f"it is no bundle: {path} does not stand where it should")
    if size > most:
        raise BundleError(f"{path} in it has {size:,} bytes; at most {most:,} are read")
    data = _exactly(stream, size)
    _expect_padding(stream, size)
    return data


def _check_length(stream: BinaryIO, start: int, manifest: Manifest) -> None:
    """Compare the length of the file with what its manifest says, so that too little or too much is seen at once."""
    expected = start + sum(archive.room(entry.size) for entry in manifest.files) + len(archive.END)
    found = os.fstat(stream.fileno()).st_size
    if found != expected:
        raise BundleError(f"it has {found:,} bytes and should have {expected:,}", remedy="Copy it once more")
    stream.seek(expected - len(archive.END))
    if _exactly(stream, len(archive.END)) != archive.END:
        raise BundleError("there is something behind its end")


def _expect_header(stream: BinaryIO, path: str, size: int) -> None:
    if _exactly(stream, archive.BLOCK) != archive.header(path, size):
        raise BundleError(f"{path} does not stand in it where its manifest says")


def _expect_padding(stream: BinaryIO, size: int) -> None:
    padding = archive.padding(size)
    if _exactly(stream, len(padding)) != padding:
        raise BundleError("there is something between its files")


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise BundleError("it breaks off", remedy="Copy it once more")
    return data


def _sizes(size: int) -> Iterator[int]:
    for start in range(0, size, _CHUNK):
        yield min(_CHUNK, size - start)


def _write(place: Path, chunks: Iterator[bytes] | Sequence[bytes]) -> None:
    with os.fdopen(os.open(place, _NEW, 0o644), "wb") as stream:
        for chunk in chunks:
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())


def _in_words(error: OSError, folder: Path) -> BundleError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return BundleError("there is not enough room for it, nothing was kept", where=str(folder), remedy="Free some")
    return BundleError(f"it cannot be unpacked: {error.strerror or error}", where=str(folder))
