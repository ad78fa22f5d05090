"""The orientation that is read without Pillow's reader of TIFF is the one that Pillow reads."""

from __future__ import annotations

import struct
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edgewright.media.pictures.exif import ORIENTATION, plain_orientation
from edgewright.media.pictures.opening import DAMAGE

PHOTOGRAPHS = ["parrot.jpg", "owl.jpg", "kite_and_cold.jpg"]


def pillow_reads(info: dict[str, object]) -> int:
    """1 where Pillow finds nothing or fails, as a picture is then taken as it is."""
    image = Image.new("L", (1, 1))
    image.info = info
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return image.getexif().get(ORIENTATION, 1)
        except DAMAGE:
            return 1


def written(order: str, entries: list[tuple[int, int, int, bytes]], rest: bytes = b"") -> bytes:
    """EXIF data of these entries: tag, type, number of values, the values or where they lie."""
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}LH", 8, len(entries))
    return b"Exif\0\0" + head + b"".join(struct.pack(f"{order}HHL4s", *entry) for entry in entries) + bytes(4) + rest


def short(order: str, value: int) -> bytes:
    return struct.pack(f"{order}HH", value, 0)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photographs_say_it_plainly(name: str, shared_file: Callable[[str], Path]) -> None:
    with Image.open(shared_file(f"images/{name}")) as image:
        assert plain_orientation(image.info) == pillow_reads(dict(image.info)) == 1


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("value", range(10))
def test_either_byte_order(order: str, value: int) -> None:
    data = written(order, [(271, 2, 4, b"abc\0"), (ORIENTATION, 3, 1, short(order, value)), (296, 3, 1, bytes(4))])
    assert plain_orientation({"exif": data}) == value == pillow_reads({"exif": data})


def test_where_there_is_none_it_may_stand_in_xmp() -> None:
    data = written("<", [(271, 2, 4, b"abc\0")])
    assert plain_orientation({"exif": data}) == 1
    assert plain_orientation({"exif": data, "xmp": b"<x:xmpmeta/>"}) == 1
    said = {"exif": data, "xmp": b'<rdf:Description tiff:Orientation="6"/>'}
    assert plain_orientation(said) is None
    assert pillow_reads(said) == 6


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(written("<", [(ORIENTATION, 4, 1, struct.pack("<L", 6))]), id="another type"),
        pytest.param(written("<", [(ORIENTATION, 3, 2, struct.pack("<HH", 6, 6))]), id="two values"),
        pytest.param(written("<", [(ORIENTATION, 3, 1, short("<", value)) for value in (6, 8)]), id="twice"),
        pytest.param(
            written("<", [(271, 2, 99, struct.pack("<L", 9999)), (ORIENTATION, 3, 1, short("<", 6))]), id="torn"
        ),
        pytest.param(written("<", [(ORIENTATION, 3, 1, short("<", 6))])[:20], id="cut off"),
        pytest.param(b"Exif\0\0II+\0", id="BigTIFF"),
        pytest.param("Exif", id="no bytes"),
        pytest.param(None, id="none"),
    ],
)
def test_what_is_unusual_is_left_to_pillow(data: object) -> None:
    assert plain_orientation({"exif": data}) is None


ENTRIES = st.tuples(
    st.sampled_from([270, 271, ORIENTATION, 296, 34665]),
    st.integers(0, 18),
    st.sampled_from([0, 1, 2, 4, 5, 60, 2**31]),
    st.binary(min_size=4, max_size=4) | st.sampled_from([struct.pack("<L", 40), short("<", 6), short(">", 8)]),
)


@given(st.sampled_from("<>"), st.lists(ENTRIES, max_size=6), st.binary(max_size=80), st.integers(0, 20))
def test_it_never_says_another_than_pillow(
    order: str, entries: list[tuple[int, int, int, bytes]], rest: bytes, cut: int
) -> None:
    data = written(order, entries, rest)
    info: dict[str, object] = {"exif": data[: len(data) - cut]}
    assert plain_orientation(info) in (None, pillow_reads(info))


def test_a_photograph_is_classified_without_the_reader_of_tiff(shared_file: Callable[[str], Path]) -> None:
    picture = shared_file("images/parrot.jpg")
    code = f"import sys, edgewright.media as media; media.read_picture({str(picture)!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"PIL.TiffImagePlugin", "fractions"} & set(done.stdout.split())
