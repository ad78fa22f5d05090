"""The associated files as nearly every writer leaves them: an archive without packing, extras or comments.

That is read here, to the byte as `zipfile` reads it, whose import takes longer than all else of reading a model. What
is in any way unusual is left to it.
"""

from __future__ import annotations

import struct

# APPNOTE.TXT of the zip format: the end of an archive (4.3.16), which the longest comment may follow, an entry of its
# directory (4.3.12), and what stands before a file (4.3.7).
_END, _ENTRY, _FILE = struct.Struct("<4s4H2IH"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s5H3I2H")
_COMMENT = 65535
_NEWEST = 63  # the version of the format, times ten, that zipfile reads
_UTF8 = 0x800

# The largest associated files in use are vocabularies and score tables of a few megabytes.
MOST_FILES, MOST_BYTES = 256, 64 << 20

_Member = tuple[str, int, int, int]  # name, where it begins, bytes, checksum


def may_have_archive(data: bytes) -> bool:
    """Whether an archive may stand behind a model."""
    return data.rfind(b"PK\x05\x06", max(len(data) - _END.size - _COMMENT, 0)) >= 0


def stored_files(data: bytes) -> dict[str, bytes] | None:
    """The files of an archive by name; None where it is no plain one, or has more than is read."""
    found = _directory(data)
    if found is None or len(found) > MOST_FILES or sum(size for _, _, size, _ in found) > MOST_BYTES:
        return None
    contents = [_content(data, *member) for member in found]
    ends = [start + _FILE.size + size for _, start, size, _ in found]
    if any(end > start for end, (_, start, _, _) in zip(ends, found[1:], strict=False)):
        return None  # One within another: made to unpack to more than there is.
    files = {name: content for (name, _, _, _), content in zip(found, contents, strict=True) if content is not None}
    return files if len(files) == len(found) else None


def _directory(data: bytes) -> list[_Member] | None:
    end = len(data) - _END.size
    if end < 0 or data[end - 20 : end - 16] == b"PK\x06\x07":  # a large archive has another end before
        return None
    signature, _, _, _, count, size, offset, comment = _END.unpack_from(data, end)
    place = end - size
    shift = place - offset  # Offsets count from where the archive begins, or from where the model does.
    if signature != b"PK\x05\x06" or comment or shift < 0:
        return None
    found = []
    while place < end:
        member, place = _entry(data, place, end, shift)
        if member is None:
            return None
        found.append(member)
    return found if len(found) == count else None


def _entry(data: bytes, place: int, end: int, shift: int) -> tuple[_Member | None, int]:
    """One entry of the directory, and where the next one stands."""
    if place + _ENTRY.size > end:
        return None, end
    signature, _, version, flags, method, _, _, checksum, packed, size, *rest = _ENTRY.unpack_from(data, place)
    length, extra, comment, _, _, _, offset = rest
    after = place + _ENTRY.size + length
    name = data[place + _ENTRY.size : after].decode("latin-1")
    plain = (signature, flags & ~_UTF8, method, extra, comment, packed) == (b"PK\x01\x02", 0, 0, 0, 0, size)
    if not plain or version > _NEWEST or after > end or not _is_plain(name):
        return None, end
    return (name, offset + shift, size, checksum), after


def _is_plain(name: str) -> bool:
    """Whether every reader takes the name for the same, and for one of a file."""
    return name.isascii() and name.isprintable() and "\\" not in name and any(map(str.isalnum, name))


def _content(data: bytes, name: str, start: int, size: int, checksum: int) -> bytes | None:
    import zlib

    begin = start + _FILE.size
    if begin > len(data):
        return None
    signature, _, _, _, _, _, _, _, _, length, extra = _FILE.unpack_from(data, start)
    content = data[begin + length + extra : begin + length + extra + size]
    same = signature == b"PK\x03\x04" and data[begin : begin + length] == name.encode()
    return content if same and len(content) == size and zlib.crc32(content) == checksum else None
