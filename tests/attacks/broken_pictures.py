"""Reads 1,000 broken pictures in a process of its own, and says what became of them and how much memory it took."""

from __future__ import annotations

import io
import json
import random
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from edgewright.errors import DataError
from edgewright.media import Preparation
from edgewright.model import InputMetadata, TensorSpec

SIZE = (320, 240)
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")
COUNT = 1000


def sound(name: str) -> bytes:
    """A picture of a format, with enough detail that it does not pack to nothing."""
    noise = np.random.RandomState(3).randint(0, 255, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).save(stream, name, **({"compression": "tiff_lzw"} if name == "TIFF" else {}))
    return stream.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bombs() -> Iterator[bytes]:
    """Small files that claim to be, or unpack to, enormous pictures."""
    side = 60_000
    rows = zlib.compress(bytes(1_000_000))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    yield b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    text = chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(50_000_000)))
    yield (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)) + text + chunk(b"IEND", b"")
    )
    yield (
        b"GIF89a"
        + struct.pack("<HH", 65535, 65535)
        + b"\x80\0\0"
        + bytes(6)
        + b","
        + bytes(4)
        + b"\xff\xff\xff\xff\0\x02\x02D\x01\0;"
    )
    tags = (
        (256, 4, side),
        (257, 4, side),
        (258, 3, 8),
        (259, 3, 8),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, side),
        (279, 4, 100),
    )
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    yield b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + bytes(4)


def broken(random_: random.Random) -> Iterator[bytes]:
    whole = [sound(name) for name in FORMATS]
    yield from bombs()
    yield from (b"", b"just text, renamed to .jpg", b"<html></html>", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"BM")
    for number in range(COUNT):
        data = bytearray(random_.choice(whole))
        if number % 3 == 0:
            yield bytes(data[: random_.randrange(len(data))])
            continue
        limit = 200 if number % 3 == 1 else len(data)
        for _ in range(random_.choice((1, 4, 30))):
            data[random_.randrange(limit)] = random_.randrange(256)
        yield bytes(data)


def main() -> None:
    prepare = Preparation.of(
        TensorSpec(0, "image", (1, 224, 224, 3), "float32", (1, 224, 224, 3)), InputMetadata(mean=(0.0,), std=(255.0,))
    )
    path = Path(sys.argv[1])
    fates: Counter[str] = Counter()
    lines = []
    for data in broken(random.Random(20)):
        path.write_bytes(data)
        try:
            prepare(path)
            fates["read"] += 1
        except DataError as error:
            fates["refused"] += 1
            lines.append(str(error))
    # Not ru_maxrss: that begins with what the process that started us had held.
    peak = 1024 * int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
    print(json.dumps({"fates": fates, "peak": peak, "lines": max(line.count("\n") for line in lines)}))


if __name__ == "__main__":
    main()
