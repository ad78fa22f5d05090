"""Pictures of phones and cameras: AVIF and HEIC are read, what is not read is counted and said, and nothing is lost."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, features

from edgewright.data import open_dataset
from edgewright.errors import DataError, MissingExtraError, MissingReaderError
from edgewright.media import (
    find_pictures,
    load_image,
    read_header,
    read_picture,
    unread_pictures,
    unread_series,
    unread_sounds,
)
from edgewright.media.pictures.formats import SUFFIXES, UNREAD, detect

SUNSET = np.linspace((250, 40, 10), (10, 40, 250), 64).astype(np.uint8)[:, None].repeat(48, 1)
"""64 rows from red to blue, 48 columns."""

needs_avif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")


def encoded(kind: str, array: Any = SUNSET, **options: Any) -> bytes:
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, kind, quality=95, **options)
    return stream.getvalue()


@pytest.mark.parametrize("kind", [pytest.param("AVIF", marks=needs_avif), "HEIF"])
class TestReading:
    def test_a_picture_is_what_it_was(self, kind: str) -> None:
        data = encoded(kind)
        header = read_header(data)
        assert (header.height, header.width, header.color_space) == (64, 48, "RGB")
        assert np.abs(read_picture(data).astype(int) - SUNSET).mean() < 4

    def test_transparent_pixels_show_white(self, kind: str) -> None:
        clear = np.concatenate([SUNSET, np.zeros((64, 48, 1), np.uint8)], axis=2)
        assert read_picture(encoded(kind, clear)).min() > 250

    def test_a_turned_one_comes_upright(self, kind: str) -> None:
        exif = Image.Exif()
        exif[274] = 6 if kind == "AVIF" else 1  # An HEIC is turned by its own boxes, and what EXIF says is no matter.
        upright = load_image(encoded(kind, exif=exif))
        assert upright.size == ((64, 48) if kind == "AVIF" else (48, 64))

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
    def test_a_damaged_one_is_one_line(self, kind: str, share: float) -> None:
        data = encoded(kind)
        with pytest.raises(DataError) as caught:
            load_image(data[: int(len(data) * share)])
        assert "\n" not in str(caught.value)

    def test_larger_ones_than_allowed_are_refused_before_they_are_decoded(self, kind: str) -> None:
        with pytest.raises(DataError, match="megapixels over the limit"):
            load_image(encoded(kind), max_pixels=3000)

    def test_what_would_take_too_much_memory_is_refused(self, kind: str) -> None:
        data = encoded(kind, np.zeros((5000, 5000, 3), np.uint8), **({"speed": 10} if kind == "AVIF" else {}))
        with pytest.raises(DataError, match=r"would take \d+ MB to decode, .* Raise it"):
            load_image(data)
        assert load_image(data, max_pixels=250_000_000).size == (5000, 5000)


BRANDS = {
    "AVIF": [b"avif", b"avis", b"mif1miafavif", b"msf1avis"],
    "HEIC": [b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1heic", b"msf1hevc", b"mif1"],
    None: [b"isom", b"mp42", b"qt  ", b"M4A ", b"crx isom", b"jxl ", b"3gp5isom"],
}


@pytest.mark.parametrize(("name", "brands"), [(name, one) for name, all_of in BRANDS.items() for one in all_of])
def test_a_file_in_boxes_is_told_by_its_brands(name: str | None, brands: bytes) -> None:
    head = (8 + 4 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands[:4] + b"\0\0\0\0" + brands[4:]
    found = detect(head.ljust(64, b"\0"))
    assert (found.name if found else None) == name


def test_folders_give_them_with_all_others(tmp_path: Path) -> None:
    wanted = ["a.JPG", "b.avif", "c.HEIC", "d.heif", "e.hif", "f.webp"]
    for name in (*wanted, "g.jxl", "h.mov", "i.txt", ".hidden.heic"):
        (tmp_path / name).touch()
    assert [path.name for path in find_pictures([str(tmp_path)])] == wanted


# ----- what is not read

PASSED_OVER: list[tuple[Callable[[list[str]], str | None], str, str]] = [
    *((unread_pictures, suffix, "JPEG or PNG") for suffix in sorted(UNREAD)),
    *((unread_sounds, f".{suffix}", "WAV or FLAC") for suffix in ("m4a", "aac", "wma", "amr", "mid", "caf")),
    *((unread_series, f".{suffix}", "CSV") for suffix in ("xlsx", "parquet", "mat", "h5", "ods")),
]


@pytest.mark.parametrize(("unread", "suffix", "instead"), PASSED_OVER)
def test_what_is_passed_over_is_counted_and_said(
    tmp_path: Path, unread: Callable[[list[str]], str | None], suffix: str, instead: str
) -> None:
    (tmp_path / "below").mkdir()
    for name in ("a", "below/b", "below/.c"):
        (tmp_path / f"{name}{suffix.upper()}").touch()
    said = unread([str(tmp_path)])
    expected = f"2 files are left out, in formats that are not read: 2 {suffix}. Make {instead} of what is wanted"
    assert said == expected


def test_nothing_is_said_where_nothing_is_passed_over(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.heic", "notes.txt", "film.mp4"):
        (tmp_path / name).touch()
    assert unread_pictures([str(tmp_path), "nowhere", str(tmp_path / "a.jpg")]) is None
    assert not UNREAD & SUFFIXES


def test_a_data_set_says_it_as_well(tmp_path: Path) -> None:
    for name in ("cat/a.png", "cat/b.jxl", "dog/c.png", "dog/d.dng"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(SUNSET).save(tmp_path / "x.png")
        (tmp_path / "x.png").rename(tmp_path / name)
    (notice,) = open_dataset(tmp_path).notices
    assert "2 files are left out, in formats that are not read: 1 .dng, 1 .jxl" in notice


# ----- without the extra


def test_a_missing_reader_is_about_one_file_and_names_what_installs_it() -> None:
    assert issubclass(MissingReaderError, DataError)
    assert issubclass(MissingReaderError, MissingExtraError)


@pytest.mark.parametrize(
    ("module", "suffix", "extra"), [("pillow_heif", "heic", "heic"), ("soundfile", "flac", "sound")]
)
def test_without_the_extra_the_others_go_on(
    tmp_path: Path, shared_file: Any, module: str, suffix: str, extra: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    content = {"heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "flac": b"fLaC" + bytes(60)}[suffix]
    for name in "ac":
        (folder / f"{name}.{suffix}").write_bytes(content)
    good, model = {
        "heic": ("images/parrot.jpg", "models/mobilenet_v1_0.25_128_quant.tflite"),
        "flac": ("images/speech.wav", "models/yamnet.tflite"),
    }[suffix]
    (folder / f"b{Path(good).suffix}").write_bytes(shared_file(good).read_bytes())
    program = f"import sys; sys.modules[{module!r}] = None; from edgewright.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", program, "run", str(shared_file(model)), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1
    lines = [line for line in done.stderr.splitlines() if f"Run: pip install 'edgewright[{extra}]'" in line]
    assert [Path(line.split(": ")[1]).name for line in lines] == [f"a.{suffix}", f"c.{suffix}"]
