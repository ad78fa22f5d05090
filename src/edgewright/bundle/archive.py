"""The archive that a bundle is: a plain tar (POSIX.1-1988, "ustar") of which there is one way to write it."""

from __future__ import annotations

from edgewright.errors import BundleError

BLOCK = 512
END = bytes(2 * BLOCK)
"""What stands behind the last member; nothing follows."""

MANIFEST, SIGNATURE = "manifest.json", "manifest.json.sig"

_LARGEST = 8**11 - 1


def header(path: str, size: int) -> bytes:
    """The block before a member of `size` bytes: a plain file, of nobody, of no time.

    A reader builds it too and compares, so that it reads nothing in it but the size. Raises `BundleError` where the
    path or the size has no room in it.
    """
    if not 0 <= size <= _LARGEST:
        raise BundleError(f"{path!r:.100} has {size:,} bytes; a bundle takes files of at most 8 GB")
    prefix, name = _divided(path)
    number = "{:07o}\0".format
    fields = (
        (name, 100), (number(0o644), 8), (number(0), 8), (number(0), 8), (f"{size:011o}\0", 12), (f"{0:011o}\0", 12),
        (" " * 8, 8), ("0", 1), ("", 100), ("ustar\x0000", 8), ("", 32), ("", 32), (number(0), 8), (number(0), 8),
        (prefix, 155), ("", 12),
    )  # fmt: skip
    block = b"".join(text.encode("ascii").ljust(length, b"\0") for text, length in fields)
    return block[:148] + f"{sum(block):06o}\0 ".encode() + block[156:]


def size_in(block: bytes) -> int:
    """The size that a header states; raises `BundleError` where there is none."""
    digits = block[124:135]
    if len(block) != BLOCK or not digits.isdigit() or not {*digits} <= {*b"01234567"} or block[135] != 0:
        raise BundleError("it is no bundle, or damaged")
    return int(digits, 8)


def padding(size: int) -> bytes:
    """The zeros that fill the last block of a member."""
    return bytes(-size % BLOCK)


def room(size: int) -> int:
    """How many bytes of the archive a member of `size` bytes takes."""
    return BLOCK + size + len(padding(size))


def _divided(path: str) -> tuple[str, str]:
    """A path in the two fields that a header has for it."""
    if len(path) <= 100:
        return "", path
    cut = path.find("/", len(path) - 101)
    if cut < 1 or cut > 155:
        raise BundleError(f"the path {path!r:.200} is too long for a bundle", remedy="Shorten the name of the file")
    return path[:cut], path[cut + 1 :]
