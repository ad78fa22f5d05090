"""Hostile data files and pictures, one named test each: nothing of them runs, fills the memory, or gets through."""

from __future__ import annotations

import gzip
import io
import pickle
import random
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.data import load
from edgewright.data.formats.idx import read_idx
from edgewright.errors import DataError, EdgewrightError
from edgewright.media import read_picture

SharedFile = Callable[[str], Path]


class Touch:
    """A pickle that makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def npy(header: str, body: bytes, version: tuple[int, int] = (1, 0)) -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version == (1, 0) else "<I", len(text)) + text + body


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in members.items():
            out.writestr(f"{name}.npy", content)
    return path


def npz_with(path: Path, descr: str, shape: str, body: bytes) -> Path:
    y = io.BytesIO()
    np.save(y, np.array([0, 1]))
    x = npy(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}", body)
    return archive(path, x=x, y=y.getvalue())


# Data files


def test_a_pickle_in_an_npz_does_not_run(tmp_path: Path) -> None:
    trap = tmp_path / "it ran"
    body = pickle.dumps(np.array([Touch(trap)], object))
    with pytest.raises(DataError, match="a pickle that could run anything"):
        load(npz_with(tmp_path / "a.npz", "'|O'", "(2, 1)", body))
    assert not trap.exists()
    with pytest.raises(DataError, match="not a NumPy array"):
        load(archive(tmp_path / "b.npz", x=pickle.dumps(Touch(trap)), y=pickle.dumps(Touch(trap))))
    assert not trap.exists()


def test_a_header_with_code_in_it_does_not_run(tmp_path: Path) -> None:
    trap = tmp_path / "it ran"
    with pytest.raises(DataError, match="not a NumPy array"):
        load(npz_with(tmp_path / "a.npz", f"open({str(trap)!r}, 'w')", "(2, 1)", b"\0\0"))
    assert not trap.exists()


@pytest.mark.parametrize("shape", ["(2**40, 2)", "(1099511627776, 2)", "(-1, 2)", "(4294967296, 4294967296)", "'no'"])
def test_a_huge_or_impossible_shape_in_an_npz_is_refused_before_memory_is_taken(tmp_path: Path, shape: str) -> None:
    with pytest.raises(DataError):
        load(npz_with(tmp_path / "a.npz", "'|u1'", shape, b"\0\0"))


def test_more_promised_than_there_is_in_an_npz_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"promises shape \(1000000, 784\) uint8, 784000000 bytes, but \d+ are there"):
        load(npz_with(tmp_path / "a.npz", "'|u1'", "(1000000, 784)", b"\0\0"))


def test_a_header_of_megabytes_is_refused(tmp_path: Path) -> None:
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + "1, " * 300_000 + ")}"
    path = archive(tmp_path / "a.npz", x=npy(header, b"\0", (2, 0)), y=b"")
    with pytest.raises(DataError, match="not a NumPy array"):
        load(path)


def test_an_encrypted_or_oddly_packed_npz_is_refused(tmp_path: Path) -> None:
    path = npz_with(tmp_path / "a.npz", "'|u1'", "(2, 1)", b"\0\0")
    content = path.read_bytes()
    for offset, value in ((6, 1), (8, 99)):  # general purpose bit 0: encrypted; an unknown compression method
        changed = bytearray(content)
        changed[offset] = value
        changed[content.index(b"PK\x01\x02") + 2 + offset] = value
        path.write_bytes(changed)
        with pytest.raises(DataError, match="cannot be read"):
            load(path)


def test_a_gzip_bomb_costs_no_more_than_its_header_promises(tmp_path: Path) -> None:
    zeros = zlib.compressobj(9, wbits=31)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    with path.open("wb") as out:
        out.write(zeros.compress(b"\0\0\x08\3" + struct.pack(">3I", 10, 28, 28)))
        for _ in range(300):
            out.write(zeros.compress(bytes(1_000_000)))
        out.write(zeros.flush())
    assert peak_megabytes(f"from edgewright.data.formats.idx import read_idx as f; f(Path({str(path)!r}))") < 100
    with pytest.raises(DataError, match="more bytes follow than its header promises"):
        read_idx(path)


@pytest.mark.parametrize("dims", [(0xFFFFFFFF,) * 3, (0x10000, 0x10000, 0x10000), (2**31, 1, 1), (0xFFFFFFFF, 0, 1)])
def test_idx_dimensions_that_overflow_are_refused(tmp_path: Path, dims: tuple[int, ...]) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(b"\0\0\x08\3" + struct.pack(">3I", *dims) + b"\0")
    with pytest.raises(DataError):
        read_idx(path)


def test_255_dimensions_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"\0")
    with pytest.raises(DataError, match="not an IDX file"):
        read_idx(path)


def test_an_idx_header_that_promises_much_and_holds_little_costs_little(tmp_path: Path) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(b"\0\0\x08\3" + struct.pack(">3I", 2_000_000, 28, 28) + bytes(100))
    assert peak_megabytes(f"from edgewright.data.formats.idx import read_idx as f; f(Path({str(path)!r}))") < 100


def test_a_loop_of_links_in_a_class_folder_ends(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "again").symlink_to(tmp_path)
        Image.new("RGB", (2, 2)).save(tmp_path / name / "1.png")
    assert load(tmp_path).counts == (1, 1)


def test_a_link_to_a_device_in_a_class_folder_is_refused(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").symlink_to("/dev/zero")
    with pytest.raises(DataError, match="not a file"):
        load(tmp_path)


# Pictures


def png(width: int, height: int, *chunks: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    ihdr = chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0))
    texts = b"".join(chunk(b"zTXt", b"a\0\0" + body) for body in chunks)
    return b"\x89PNG\r\n\x1a\n" + ihdr + texts + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def tiff(**tags: int) -> bytes:
    numbers = {"width": 256, "length": 257, "bits": 258, "compression": 259, "photometric": 262, "strip": 273,
               "rows": 278, "bytes": 279, "tile_width": 322, "tile_length": 323, "tile": 324,
               "tile_bytes": 325}  # fmt: skip
    entries = sorted((numbers[name], value) for name, value in tags.items())
    ifd = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + ifd + bytes(64)


def test_a_png_bomb_is_refused_from_its_header() -> None:
    with pytest.raises(DataError, match=r"100000 x 100000 pixels, 10,000 megapixels over the limit of 100"):
        read_picture(png(100_000, 100_000))


def test_a_png_with_bombs_in_its_text_is_refused_or_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(4, 4, *[zlib.compress(bytes(50_000_000), 9)] * 8))
    assert peak_megabytes(f"from edgewright.media import read_picture as f; f({str(path)!r})") < 200


def test_a_tiff_bomb_is_refused_from_its_header() -> None:
    bomb = tiff(width=60_000, length=60_000, bits=8, compression=1, photometric=1, strip=8, rows=60_000, bytes=10)
    with pytest.raises(DataError, match="60000 x 60000 pixels"):
        read_picture(bomb)


def test_a_small_tiff_with_a_huge_tile_is_refused() -> None:
    bomb = tiff(width=16, length=16, bits=8, compression=8, photometric=1, tile_width=60_000, tile_length=60_000,
                tile=8, tile_bytes=10)  # fmt: skip
    with pytest.raises(DataError):
        read_picture(bomb)


def test_a_gif_bomb_is_refused_from_its_header() -> None:
    screen = b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0)
    frame = b"," + struct.pack("<4HB", 0, 0, 65535, 65535, 0) + b"\x08\x01\x00\x00;"
    with pytest.raises(DataError, match="65535 x 65535 pixels"):
        read_picture(screen + frame)


def test_a_gif_whose_frame_is_larger_than_its_screen_is_refused() -> None:
    screen = b"GIF89a" + struct.pack("<HHBBB", 4, 4, 0, 0, 0)
    frame = b"," + struct.pack("<4HB", 0, 0, 65535, 65535, 0) + b"\x08\x01\x00\x00;"
    with pytest.raises(DataError):
        read_picture(screen + frame)


def test_a_bmp_with_a_negative_or_huge_size_is_refused() -> None:
    for width, height in ((2**31 - 1, 2**31 - 1), (-5, 7), (0, 0)):
        body = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
        with pytest.raises(DataError):
            read_picture(b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + body)


def test_a_renamed_postscript_or_vector_file_reaches_no_interpreter(tmp_path: Path) -> None:
    for content in (b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\xd7\xcd\xc6\x9a", b"<svg xmlns='http://www.w3.org/2000/svg'/>"):
        (tmp_path / "a.png").write_bytes(content)
        with pytest.raises(DataError, match="not a picture"):
            read_picture(tmp_path / "a.png")


def test_300_damaged_pictures_are_read_or_refused_without_a_sound(
    shared_file: SharedFile, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    rng = random.Random(20)
    with Image.open(shared_file("images/owl.jpg")) as image:
        small = image.resize((40, 30))
    originals = []
    plain = [(kind, {}) for kind in ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")]
    packed = [("TIFF", {"compression": name}) for name in ("tiff_lzw", "jpeg", "tiff_adobe_deflate")]
    for kind, options in [*plain, *packed, ("JPEG", {"progressive": True})]:
        stream = io.BytesIO()
        small.save(stream, kind, **options)
        originals.append(stream.getvalue())
    refused = 0
    for number in range(300):
        data = bytearray(originals[number % len(originals)])
        for _ in range(rng.randint(1, 8)):
            data[rng.randrange(min(len(data), 400) if number % 3 else len(data))] = rng.randrange(256)
        if number % 4 == 0:
            del data[rng.randrange(len(data)) :]
        try:
            read_picture(bytes(data), size=(8, 8))
        except EdgewrightError as refusal:
            refused += 1
            message = str(refusal)
            if "\n" in message or not message.startswith("<bytes>: "):
                pytest.fail(repr(message))
    assert refused > 50
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


def peak_megabytes(statement: str) -> float:
    """Peak memory of a fresh process that runs the statement, above one that only imports; a DataError is fine."""
    program = (
        "from pathlib import Path\nimport edgewright.data, edgewright.media\nfrom edgewright.errors import DataError\n"
        "def peak(): return int(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])\n"
        "before = peak()\n"
        f"try:\n    {statement}\nexcept DataError:\n    pass\n"
        "print((peak() - before) / 1024)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_peak_memory_is_really_measured() -> None:
    assert peak_megabytes("kept = bytes(b'x') * 300_000_000; len(kept)") > 250


def test_a_compressed_file_that_is_fine_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\1\0\0\0\2\5\6"))
    assert read_idx(path).tolist() == [5, 6]
