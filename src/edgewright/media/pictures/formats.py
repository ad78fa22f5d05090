"""Which picture formats are read, told by their first bytes, and the Pillow plugin that reads each.

The plugins are called by name and not through `PIL.Image.open`: nothing outside the list can be reached by renaming a
file, no other plugin is imported, and the pixel limit is ours alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import BinaryIO, cast

from PIL import ImageFile

from edgewright.errors import MissingReaderError
from edgewright.media.pictures.quiet import silence_libtiff
from edgewright.values import dataclass

# Enough for every signature below, and for a look at what else it may be.
HEAD_BYTES = 64


@dataclass(frozen=True)
class PictureFormat:
    """A picture format: its name, the bytes that a file may start with, and the plugin of Pillow's kind for it.

    `brands`: those of a file in boxes; `module` is one of Pillow, or of the package that the extra `extra` brings.
    """

    name: str
    starts: tuple[bytes, ...]
    module: str
    plugin: str
    suffixes: tuple[str, ...]
    marker: tuple[int, bytes] = (0, b"")
    brands: frozenset[bytes] = frozenset()
    extra: str = ""

    def matches(self, head: bytes) -> bool:
        """Whether the first bytes of a file are those of this format."""
        if self.brands:
            return not self.brands.isdisjoint(brands_of(head))
        offset, marker = self.marker
        return head.startswith(self.starts) and head[offset : offset + len(marker)] == marker

    def open(self, stream: BinaryIO, name: str) -> ImageFile.ImageFile:
        """Read the header; the pixels stay undecoded. Raises whatever Pillow raises on damaged files.

        Raises `MissingReaderError` where this installation does not read the format; `name` is the file's.
        """
        if self.name == "TIFF":
            silence_libtiff()
        plugin = getattr(self._module(name), self.plugin)
        return cast("Callable[[BinaryIO], ImageFile.ImageFile]", plugin)(stream)

    def _module(self, name: str) -> ModuleType:
        try:
            module = importlib.import_module(self.module if self.extra else f"PIL.{self.module}")
        except ImportError:
            module = None
        if module is not None and getattr(module, "SUPPORTED", True):  # Pillow may be built without a codec.
            return module
        if self.extra:
            raise MissingReaderError(f"{name}: reading {self.name}", self.extra)
        raise MissingReaderError(f"{name}: reading {self.name}", package="--upgrade pillow")


# Signatures: JPEG ITU-T T.81 B.1 (SOI and the next marker), PNG ISO/IEC 15948 5.2, GIF89a appendix A, BMP "BM",
# WebP RFC 9649 2.4 (RIFF container, "WEBP" at byte 8), TIFF 6.0 section 2 and BigTIFF (43 in place of 42). Brands: AV1
# Image File Format 1.1, 6.2 and 6.3; HEIF, ISO/IEC 23008-12, annex B and 10.2. An AVIF has HEIF's own brand beside.
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
    PictureFormat(
        "AVIF", (), "AvifImagePlugin", "AvifImageFile", (".avif", ".avifs"), brands=frozenset({b"avif", b"avis"})
    ),
    PictureFormat(
        "HEIC",
        (),
        "pillow_heif",
        "HeifImageFile",
        (".heic", ".heif", ".hif"),
        brands=frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}),
        extra="heic",
    ),
)

SUFFIXES = frozenset(suffix for one in FORMATS for suffix in one.suffixes)
NAMES = ", ".join(one.name for one in FORMATS)

UNREAD = frozenset(
    f".{suffix}"
    for suffix in (
        "jxl jp2 j2k jpx jxr apng ico icns svg svgz eps psd xcf tga exr hdr ppm pgm pbm pnm pcx dds "
        # Cameras' own: what their sensor saw, and not yet a picture.
        "3fr arw cr2 cr3 crw dcr dng erf kdc mrw nef nrw orf pef raf raw rw2 rwl sr2 srf x3f"
    ).split()
)
"""What people have beside in their folders of pictures, and what is not read."""


def detect(head: bytes) -> PictureFormat | None:
    """Find the format of a file by its first bytes; None if it is none of the list."""
    return next((one for one in FORMATS if one.matches(head)), None)


def brands_of(head: bytes) -> set[bytes]:
    """The brands of a file in boxes by its first bytes, empty for all other files (ISO/IEC 14496-12, 4.3)."""
    if head[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[8:12], *(head[place : place + 4] for place in range(16, end - 3, 4))}


def guess_other(head: bytes) -> str:
    """Say in a few words what bytes that are no picture of the list seem to be."""
    if not head:
        return "the file is empty"
    if head[4:8] == b"ftyp":
        return "it is a video, or a picture that has to become a JPEG or PNG first"
    if head.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL ", b"\0\0\0\x0cjP  ")):
        return "it is JPEG XL or JPEG 2000; make a JPEG or PNG of it first"
    if head.startswith((b"fLaC", b"OggS", b"ID3")) or head[8:12] == b"WAVE":
        return "it is a sound"
    if head.startswith(b"%PDF"):
        return "it is a PDF"
    if head.lstrip().startswith(b"<"):
        return "it is a web page or another XML text (SVG?)"
    return f"it starts with {head[:8]!r}"
