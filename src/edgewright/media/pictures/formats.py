"""Which picture formats are read, told by their first bytes, and the Pillow plugin that reads each.

The plugins are called by name and not through `PIL.Image.open`: nothing outside the list can be reached by renaming a
file, no other plugin is imported, and the pixel limit is ours alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, cast

from PIL import ImageFile

from edgewright.media.pictures.quiet import silence_libtiff

# Enough for every signature below, and for a look at what else it may be.
HEAD_BYTES = 32


@dataclass(frozen=True)
class PictureFormat:
    """A picture format: its name, the bytes that a file may start with, and the Pillow plugin for it."""

    name: str
    starts: tuple[bytes, ...]
    module: str
    plugin: str
    suffixes: tuple[str, ...]
    marker: tuple[int, bytes] = (0, b"")

    def matches(self, head: bytes) -> bool:
        """Whether the first bytes of a file are those of this format."""
        offset, marker = self.marker
        return head.startswith(self.starts) and head[offset : offset + len(marker)] == marker

    def open(self, stream: BinaryIO) -> ImageFile.ImageFile:
        """Read the header; the pixels stay undecoded. Raises whatever Pillow raises on damaged files."""
        if self.name == "TIFF":
            silence_libtiff()
        plugin = getattr(importlib.import_module(f"PIL.{self.module}"), self.plugin)
        return cast("Callable[[BinaryIO], ImageFile.ImageFile]", plugin)(stream)


# Signatures: JPEG ITU-T T.81 B.1 (SOI and the next marker), PNG ISO/IEC 15948 5.2, GIF89a appendix A, BMP "BM",
# WebP RFC 9649 2.4 (RIFF container, "WEBP" at byte 8), TIFF 6.0 section 2 and BigTIFF (43 in place of 42).
FORMATS = (
    PictureFormat("JPEG", (b"\xff\xd8\xff",), "JpegImagePlugin", "JpegImageFile", (".jpg", ".jpeg", ".jpe", ".jfif")),
    PictureFormat("PNG", (b"\x89PNG\r\n\x1a\n",), "PngImagePlugin", "PngImageFile", (".png",)),
    PictureFormat("GIF", (b"GIF87a", b"GIF89a"), "GifImagePlugin", "GifImageFile", (".gif",)),
    PictureFormat("BMP", (b"BM",), "BmpImagePlugin", "BmpImageFile", (".bmp", ".dib")),
    PictureFormat("WebP", (b"RIFF",), "WebPImagePlugin", "WebPImageFile", (".webp",), (8, b"WEBP")),
    PictureFormat(
        "TIFF",
        (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
        "TiffImagePlugin",
        "TiffImageFile",
        (".tif", ".tiff"),
    ),
)

SUFFIXES = frozenset(suffix for one in FORMATS for suffix in one.suffixes)
NAMES = ", ".join(one.name for one in FORMATS)


def detect(head: bytes) -> PictureFormat | None:
    """Find the format of a file by its first bytes; None if it is none of the list."""
    return next((one for one in FORMATS if one.matches(head)), None)


def guess_other(head: bytes) -> str:
    """Say in a few words what bytes that are no picture of the list seem to be."""
    if not head:
        return "the file is empty"
    if head[4:8] == b"ftyp":
        return "it is HEIC, AVIF or a video; convert it to JPEG or PNG first"
    if head.startswith((b"fLaC", b"OggS", b"ID3")) or head[8:12] == b"WAVE":
        return "it is a sound"
    if head.startswith(b"%PDF"):
        return "it is a PDF"
    if head.lstrip().startswith(b"<"):
        return "it is a web page or another XML text (SVG?)"
    return f"it starts with {head[:8]!r}"
