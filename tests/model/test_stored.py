"""Plain archives are read as zipfile reads them, and all others are left to it."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from edgewright.model.storage.archive import append_archive, read_archive
from edgewright.model.storage.stored import MOST_FILES, may_have_archive, stored_files

FILES = {"labels.txt": b"cat\ndog\n", "vocabulary.txt": b"x" * 1000, "empty.txt": b""}
MODEL = b"\x1c\0\0\0TFL3" + bytes(range(200))


def archived(files: dict[str, bytes], *, method: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.comment = comment
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize("model", ["mobilenet_v2_1.0_224_quant", "nl_classifier_regex", "yamnet"])
def test_published_files_are_plain(shared_file, model: str):
    data = shared_file(f"models/{model}.tflite").read_bytes()
    stored = stored_files(data)
    assert stored
    assert stored == read_archive(data, {})


@pytest.mark.parametrize("data", [append_archive(MODEL, FILES), MODEL + archived(FILES)], ids=["model", "archive"])
def test_offsets_count_from_where_the_model_or_the_archive_begins(data: bytes):
    assert stored_files(data) == read_archive(data, {}) == FILES


@pytest.mark.parametrize(
    "data",
    [
        MODEL,
        b"",
        archived(FILES, method=zipfile.ZIP_DEFLATED),
        archived(FILES, comment=b"made by hand"),
        archived(FILES)[:-1],
        archived({"größe.txt": b"1"}),
        archived({"..": b"1"}),
        archived({"a\\b.txt": b"1"}),
        archived({f"{number}.txt": b"" for number in range(MOST_FILES + 1)}),
        archived({"a.txt": b"1", "b.txt": b"2"}).replace(b"b.txt", b"a.txt"),
    ],
    ids=["none", "empty", "packed", "comment", "cut", "letters", "nameless", "backslash", "many", "twice"],
)
def test_what_is_unusual_is_left_alone(data: bytes):
    assert stored_files(data) is None


def test_damage_is_never_read_as_something_else():
    whole = append_archive(MODEL, FILES)
    chance = random.Random(5)
    read = 0
    for _ in range(3000):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 4))):
            data[chance.randrange(len(MODEL), len(data))] = chance.choice((0, 1, 8, 255, chance.randrange(256)))
        stored = stored_files(bytes(data))
        if stored is not None:
            damaged: dict[str, str] = {}
            assert (stored, {}) == (read_archive(bytes(data), damaged), damaged)
            read += 1
    assert 0 < read < 1000


def test_an_archive_is_looked_for_at_the_end_alone():
    assert may_have_archive(append_archive(MODEL, FILES))
    assert not may_have_archive(MODEL)
    assert not may_have_archive(archived(FILES) + bytes(70_000))
