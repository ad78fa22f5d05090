"""How OpenSSH writes keys and signatures: texts of bytes with their length before them (RFC 4251, section 5)."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterator

KIND = b"ssh-ed25519"
"""The one kind of key that is trusted."""

KEY_BYTES, SIGNATURE_BYTES = 32, 64


def packed(*texts: bytes) -> bytes:
    """Each text with its length in four bytes before it."""
    return b"".join(struct.pack(">I", len(text)) + text for text in texts)


def unpacked(data: bytes) -> list[bytes]:
    """The texts that `packed` packed; raises `ValueError` where they do not fill the data."""
    return [*_texts(data)]


def _texts(data: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        if len(data) - start < 4:
            raise ValueError("it breaks off")
        end = start + 4 + int(struct.unpack_from(">I", data, start)[0])
        if end > len(data):
            raise ValueError("it breaks off")
        yield data[start + 4 : end]
        start = end


def from_base64(text: bytes) -> bytes:
    """The bytes behind base64 on one line, in the one way to write it; raises `ValueError`."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("it is no base64") from None
    if base64.b64encode(data) != text:
        raise ValueError("it is not written as base64 is")
    return data


def key_of(blob: bytes) -> bytes:
    """The 32 bytes of an Ed25519 key; raises `ValueError` for any other kind of key, with its name."""
    texts = unpacked(blob)
    if not texts or texts[0] != KIND:
        kind = texts[0].decode("ascii", "replace") if texts else "empty"
        raise ValueError(f"a key of the kind {kind[:60]!r} is not trusted, only {KIND.decode()}")
    if len(texts) != 2 or len(texts[1]) != KEY_BYTES:
        raise ValueError("the key is damaged")
    return texts[1]
