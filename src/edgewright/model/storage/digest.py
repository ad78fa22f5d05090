"""A seal inside the file: SHA-256 of all its bytes, so that damage in transit or on a card is noticed.

The seal is a 32-byte metadata buffer named `EDGEWRIGHT_DIGEST`. It holds the SHA-256 of the whole file, associated
files included, taken while those 32 bytes are zero. Damage can hit the name of the buffer as well, and the file would
look as if it had no seal: so a mark behind the flatbuffer repeats the name.
"""

from __future__ import annotations

from edgewright.errors import DigestError
from edgewright.model.storage.flatbuffer import Blob, Table

NAME = "EDGEWRIGHT_DIGEST"
SIZE = 32  # bytes

_LARGE = 4 * 2**20

# Several times: damage that hits each of them and the buffer's name as well leaves nothing else of the file.
MARK = f"{NAME} ".encode() * 4


def find_seal(model: Table, data: bytes) -> Blob | None:
    """The seal's place in a decoded file, `None` where the file has none.

    Raises `DigestError` where the seal has another length than a digest, or the file only says that it has one.
    """
    for entry in model["metadata"] or ():
        if entry["name"] == NAME:
            return _checked(model["buffers"], entry["buffer"])
    if NAME.encode() in data:
        raise DigestError("the digest inside the file is gone: the file is damaged. Fetch or make it again")
    return None


def seal(data: bytes, place: Blob) -> bytes:
    """The file with its digest written into the seal."""
    return data[: place.offset] + _digest(data, place) + data[place.offset + SIZE :]


def verify_seal(data: bytes, place: Blob) -> None:
    """Raise `DigestError` unless the seal matches the bytes."""
    if bytes(place) != _digest(data, place):
        raise DigestError(
            "the file changed after it was written: its bytes do not match the digest inside. Fetch or make it again; "
            "if it was edited on purpose, run: edgewright inspect --reseal FILE"
        )


def sha256(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    import hashlib

    return hashlib.sha256(data).hexdigest()


def quick(data: bytes) -> str:
    """A digest of any kind in hexadecimal, with its name: BLAKE2b or, for files of many megabytes, SHA-256."""
    if len(data) > _LARGE:
        return f"sha256-{sha256(data)}"
    # Not through hashlib, which loads OpenSSL: that takes longer than this digest of a small file.
    try:
        from _blake2 import blake2b
    except ImportError:
        return f"sha256-{sha256(data)}"
    return f"blake2b-{blake2b(data, digest_size=SIZE).hexdigest()}"


def _digest(data: bytes, place: Blob) -> bytes:
    # Imported here: loading OpenSSL takes longer than reading a model, and most files have no seal.
    import hashlib

    digest = hashlib.sha256(memoryview(data)[: place.offset])
    digest.update(bytes(SIZE))
    digest.update(memoryview(data)[place.offset + SIZE :])
    return digest.digest()


def _checked(buffers: list[Table] | None, index: int) -> Blob:
    blob = buffers[index]["data"] if buffers and index < len(buffers) else None
    if not isinstance(blob, Blob) or len(blob) != SIZE:
        raise DigestError(f"the digest inside the file is damaged: {SIZE} bytes expected. Fetch or make the file again")
    return blob
