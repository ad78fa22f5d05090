"""The associated files: a zip archive behind the flatbuffer, real, odd and hostile."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import MetadataError
from edgewright.model import ModelFile
from edgewright.model.storage.archive import append_archive, read_archive

MODEL = b"flatbuffer" * 7


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO(MODEL)
    with zipfile.ZipFile(stream, "a", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,9}\.txt", fullmatch=True), st.binary(max_size=60), max_size=4))
def test_files_survive(files: dict[str, bytes]) -> None:
    data = append_archive(MODEL, files)
    assert read_archive(data, {}) == files
    assert data.startswith(MODEL)
    assert append_archive(MODEL, files) == data


def test_no_files_add_nothing() -> None:
    assert append_archive(MODEL, {}) == MODEL
    assert read_archive(MODEL, {}) == {}


def test_nothing_is_compressed_so_that_others_can_map_it() -> None:
    content = b"label\n" * 100
    data = append_archive(MODEL, {"labels.txt": content})
    assert content in data
    (member,) = zipfile.ZipFile(io.BytesIO(data)).infolist()
    assert member.compress_type == zipfile.ZIP_STORED


def test_compressed_files_of_others_are_read() -> None:
    assert read_archive(packed({"labels.txt": b"a\nb\n"}), {}) == {"labels.txt": b"a\nb\n"}


def test_a_real_archive(shared_file: Callable[[str], Path]) -> None:
    path = shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite")
    files = ModelFile.read(path).files
    assert list(files) == ["labelmap.txt"]
    assert files["labelmap.txt"].splitlines()[0] == b"person"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_left_out(method: int) -> None:
    assert only_damage(packed({"a.txt": b"text"}, method)).startswith(
        "'a.txt', a file at the end of the model, is packed"
    )


def test_an_encrypted_member_is_left_out() -> None:
    data = bytearray(packed({"a.txt": b"text"}, zipfile.ZIP_STORED))
    for signature, place in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        data[data.index(signature) + place] |= 1
    assert "cannot be read" in only_damage(bytes(data))


def test_a_member_with_a_wrong_checksum_is_left_out() -> None:
    data = append_archive(MODEL, {"labels.txt": b"banana"}).replace(b"banana", b"bandana"[:6])
    assert "cannot be read" in only_damage(data)


def only_damage(data: bytes) -> str:
    """What is said of the one member, of which nothing is read."""
    damaged: dict[str, str] = {}
    assert read_archive(data, damaged) == {}
    [reason] = damaged.values()
    return reason


def test_more_members_than_any_model_has_are_refused() -> None:
    with pytest.raises(MetadataError, match="holds 300 files"):
        read_archive(packed({f"{number}.txt": b"" for number in range(300)}), {})


def test_a_bomb_is_refused_by_its_size_before_anything_is_unpacked() -> None:
    with pytest.raises(MetadataError, match="at most 256 of 67,108,864 bytes are read"):
        read_archive(packed({"zeros": bytes(65 * 1024 * 1024)}), {})


def test_a_bomb_that_understates_its_size_gives_no_more_than_it_states() -> None:
    data = bytearray(packed({"zeros": bytes(8 * 1024 * 1024)}))
    for signature, place in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        struct.pack_into("<I", data, data.index(signature) + place, 10)
    assert "cannot be read" in only_damage(bytes(data))


ARCHIVE = packed({"labels.txt": b"a\nb\n", "more/notes.txt": b"hello" * 20})


@given(st.lists(st.tuples(st.integers(0, len(ARCHIVE) - 1), st.integers(0, 255)), min_size=1, max_size=5))
def test_damage_is_read_or_an_error_about_metadata(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(ARCHIVE)
    for place, value in changes:
        damaged[place] = value
    try:
        read_archive(bytes(damaged), {})
    except MetadataError as error:
        assert "\n" not in str(error)  # noqa: PT017


@given(st.integers(0, len(ARCHIVE)))
def test_truncation_is_read_or_an_error_about_metadata(length: int) -> None:
    try:
        read_archive(ARCHIVE[:length], {})
    except MetadataError as error:
        assert "\n" not in str(error)  # noqa: PT017
