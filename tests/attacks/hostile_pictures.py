"""Small picture files that would take much memory to decode, each made here byte by byte, by the name of its trick."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

from PIL import Image

SIDE = 9999

_KINDS = {"gray": 0, "rgb": 2, "palette": 3, "gray alpha": 4, "rgba": 6}
_SAMPLES = {"gray": 1, "rgb": 3, "palette": 1, "gray alpha": 2, "rgba": 4}


def zeros(count: int) -> bytes:
    """A zlib stream of `count` zero bytes (RFC 1950), made of one packed block again and again."""
    block = 1 << 20
    packer = zlib.compressobj(9, wbits=-15)
    first = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, wbits=-15)
    last = packer.compress(bytes(count % block)) + packer.flush()
    return b"\x78\xda" + first * (count // block) + last + struct.pack(">I", count % 65521 << 16 | 1)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(kind: str, bits: int = 8, size: tuple[int, int] = (SIDE, SIDE), *, before: bytes = b"", after: bytes = b"",
        interlaced: bool = False) -> bytes:  # fmt: skip
    """A whole PNG, black; `before` and `after` are chunks around the pixels."""
    width, height = size
    header = struct.pack(">IIBBBBB", width, height, bits, _KINDS[kind], 0, 0, interlaced)
    rows = height * (1 + -(-width * bits * _SAMPLES[kind] // 8)) * (2 if interlaced else 1)
    palette = chunk(b"PLTE", bytes(range(9))) if kind == "palette" else b""
    parts = (chunk(b"IHDR", header), palette, before, chunk(b"IDAT", zeros(rows)), after, chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def jpeg(size: tuple[int, int] = (SIDE, SIDE), mode: str = "RGB", **options: object) -> bytes:
    """A JPEG of a few pixels that says it has more; a decoder fills up what is missing."""
    stream = io.BytesIO()
    Image.new(mode, (64, 64), 90 if mode == "L" else (200, 90, 30, 40)[: len(mode)]).save(stream, "JPEG", **options)
    data = bytearray(stream.getvalue())
    place = next(place for place in range(len(data)) if data[place : place + 2] in (b"\xff\xc0", b"\xff\xc2"))
    data[place + 5 : place + 9] = struct.pack(">HH", *size[::-1])
    return bytes(data)


def jpeg_of_one_scan_each() -> bytes:
    """A baseline JPEG whose first scan has one of three components, so that all must be kept."""
    data = jpeg(subsampling=0)
    place = data.index(b"\xff\xda")
    return data[:place] + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + bytes(64) + b"\xff\xd9"


def gif(size: tuple[int, int], frame: tuple[int, int], *, disposal: int = 0, frames: int = 1) -> bytes:
    """A GIF of frames in a canvas; both sizes are (width, height)."""
    canvas = b"GIF89a" + struct.pack("<HH", *size) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
    control = b"\x21\xf9\x04" + bytes([disposal << 2 | 1]) + b"\0\0\0\0"
    picture = b"," + struct.pack("<HHHH", 0, 0, *frame) + b"\0" + b"\x02\x02D\x01\0"
    return canvas + (control + picture) * frames + b";"


def bmp(bits: int, size: tuple[int, int] = (SIDE, SIDE), *, compression: int = 0, body: bytes = bytes(4096)) -> bytes:
    """A BMP that is much shorter than it says."""
    colors = 2**bits if bits <= 8 else 0
    start = 54 + 4 * colors
    header = struct.pack("<IiiHHIIiiII", 40, *size, 1, bits, compression, len(body), 2835, 2835, colors, 0)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + header + bytes(4 * colors) + body


def tiff(*tags: tuple[int, int, int, int], strip: bytes = b"", size: tuple[int, int] = (SIDE, SIDE)) -> bytes:
    """A TIFF of one strip, packed with zlib; tags are (number, type, count, value) over what stands here."""
    entries = {
        256: (4, 1, size[0]), 257: (4, 1, size[1]), 258: (3, 1, 8), 259: (3, 1, 8), 262: (3, 1, 1), 273: (4, 1, 8),
        277: (3, 1, 1), 278: (4, 1, size[1]), 279: (4, 1, len(strip)),
    } | {number: rest for number, *rest in tags}  # fmt: skip
    rows = b"".join(struct.pack("<HHII", number, *entries[number]) for number in sorted(entries))
    return b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip + struct.pack("<H", len(entries)) + rows + bytes(4)


def webp(size: tuple[int, int] = (SIDE, SIDE), frames: int = 2) -> bytes:
    """An animation of small frames in a canvas of `size`."""
    stream = io.BytesIO()
    first, *others = (Image.new("RGB", (16, 16), (40 * number, 9, 9)) for number in range(frames))
    first.save(stream, "WEBP", save_all=True, append_images=others, lossless=True)
    data = bytearray(stream.getvalue())
    place = data.index(b"VP8X") + 12
    data[place : place + 6] = b"".join((side - 1).to_bytes(3, "little") for side in size)
    return bytes(data)


def text_chunks(count: int) -> bytes:
    """Text of a megabyte each, packed."""
    return chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000))) * count


PICTURES: dict[str, Callable[[], bytes]] = {
    "png_rgb": lambda: png("rgb"),
    "png_rgba_of_16_bits": lambda: png("rgba", 16),
    "png_rgb_of_16_bits": lambda: png("rgb", 16),
    "png_gray_of_16_bits": lambda: png("gray", 16),
    "png_gray_alpha": lambda: png("gray alpha"),
    "png_black_and_white": lambda: png("gray", 1),
    "png_black_and_white_with_transparency": lambda: png("gray", 1, before=chunk(b"tRNS", b"\0\0")),
    "png_palette": lambda: png("palette"),
    "png_palette_of_2_bits_with_transparency": lambda: png("palette", 2, before=chunk(b"tRNS", b"\0\x80\xff")),
    "png_interlaced": lambda: png("rgb", interlaced=True),
    "png_interlaced_black_and_white": lambda: png("gray", 1, interlaced=True),
    "png_wide": lambda: png("gray", 1, (99_000_000, 1)),
    "png_wide_palette": lambda: png("palette", 1, (24_000_000, 1)),
    "png_high": lambda: png("palette", 8, (1, 24_000_000)),
    "png_wide_rgb": lambda: png("rgb", 8, (30_000_000, 1)),
    "png_high_gray": lambda: png("gray", 8, (1, 3_900_000)),
    "png_exif_at_its_end": lambda: png("rgb", after=chunk(b"eXIf", b"II*\0\x08\0\0\0\0\0\0\0\0\0")),
    "png_exif_as_text_at_its_end": lambda: png("rgba", 16, after=chunk(b"tEXt", b"Raw profile type exif\0")),
    "png_animated": lambda: png("rgba", before=chunk(b"acTL", struct.pack(">II", 9, 0)) + chunk(
        b"fcTL", struct.pack(">IIIIIHHBB", 0, SIDE, SIDE, 0, 0, 1, 1, 1, 1))),
    "png_text": lambda: png("gray", 1, (8000, 8000), before=text_chunks(60), after=text_chunks(60)),
    "png_profile": lambda: png("gray", 8, (64, 64), before=chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(900_000)))),
    "jpeg_progressive": lambda: jpeg(progressive=True),
    "jpeg_progressive_without_subsampling": lambda: jpeg((8000, 8000), progressive=True, subsampling=0),
    "jpeg_progressive_in_four_inks": lambda: jpeg((7000, 7000), "CMYK", progressive=True),
    "jpeg_scan_by_scan": jpeg_of_one_scan_each,
    "jpeg_baseline": lambda: jpeg(),
    "jpeg_largest": lambda: jpeg((65_500, 65_500)),
    "gif_canvas": lambda: gif((SIDE, SIDE), (4, 4)),
    "gif_frame_over_its_canvas": lambda: gif((4, 4), (SIDE, SIDE)),
    "gif_disposal": lambda: gif((SIDE, SIDE), (SIDE, SIDE), disposal=2, frames=3),
    "gif_restoring": lambda: gif((SIDE, SIDE), (SIDE, SIDE), disposal=3, frames=3),
    "gif_of_many_frames": lambda: gif((2000, 2000), (2000, 2000), disposal=2, frames=20_000),
    "bmp_run_length": lambda: bmp(8, compression=1, body=b"\xff\x01" * 40 * SIDE + b"\0\x01"),
    "bmp_short": lambda: bmp(24),
    "bmp_black_and_white": lambda: bmp(1, body=bytes(-(-SIDE // 32) * 4 * SIDE)),
    "tiff_one_strip": lambda: tiff(strip=zeros(SIDE * SIDE)),
    "tiff_rgb": lambda: tiff((262, 3, 1, 2), (277, 3, 1, 3), (258, 3, 1, 8), strip=zeros(3 * SIDE * SIDE)),
    "tiff_of_16_bits": lambda: tiff((258, 3, 1, 16), strip=zeros(2 * SIDE * SIDE)),
    "tiff_of_64_bits": lambda: tiff((258, 3, 1, 64), (339, 3, 1, 3), strip=zeros(8 * SIDE * SIDE)),
    "tiff_turned": lambda: tiff((274, 3, 1, 6), size=(9000, 9000), strip=zeros(81_000_000)),
    "tiff_tile": lambda: tiff((322, 4, 1, 60_000), (323, 4, 1, 60_000), (324, 4, 1, 8), (325, 4, 1, 99), size=(9, 9)),
    "tiff_tag_without_end": lambda: tiff((700, 1, 2**32 - 1, 8), (33723, 12, 2**29, 8), size=(9, 9)),
    "webp_canvas": lambda: webp(),
    "webp_largest": lambda: webp((16_383, 16_383)),
    "webp_of_many_frames": lambda: webp((3000, 3000), 50),
}  # fmt: skip
