"""Whether the file of a picture has been written to its end, told by how it begins and ends; pixels stay undecoded."""

from __future__ import annotations

import os

_HEAD, _TAIL = 12, 4096

# What writers leave behind a picture's end to fill up a block or a line.
_FILL = b"\x00\r\n "


def ends_well(descriptor: int, size: int) -> bool:
    """Whether a file of `size` bytes has the end that its format has; False also for formats without a certain one.

    JPEG ITU-T T.81 B.2.1 (EOI), PNG ISO/IEC 15948 11.2.5 (IEND), GIF89a 27 (trailer), WebP RFC 9649 2.4 and BMP (both
    begin with their length). Raises OSError where it cannot be read.
    """
    head = os.read(descriptor, _HEAD)
    os.lseek(descriptor, max(0, size - _TAIL), os.SEEK_SET)
    tail = os.read(descriptor, _TAIL)
    if head.startswith(b"\xff\xd8\xff"):
        return tail.rstrip(_FILL).endswith(b"\xff\xd9")
    if head.startswith(b"\x89PNG"):
        return b"IEND\xaeB`\x82" in tail
    if head.startswith(b"GIF8"):
        return tail.rstrip(_FILL).endswith(b"\x3b")
    if head.startswith(b"RIFF"):
        return size >= int.from_bytes(head[4:8], "little") + 8
    return head.startswith(b"BM") and size >= int.from_bytes(head[2:6], "little") > 0
